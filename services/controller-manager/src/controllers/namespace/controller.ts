import { deepEqual, type KubeObject, StatusError } from "@drydock/apimachinery";
import {
  type ControllerContext,
  defineController,
  defineWatch,
  type ReconcileResult,
  type Reconciler,
} from "@drydock/client";
import { apiServices, customResourceDefinitions, namespaces, pods, type V1Namespace } from "@drydock/kube-api";
import { customKinds } from "../custom-kinds.ts";
import { namespacedResources } from "../namespaced-resources.ts";
import { planConditions, unknownGroups } from "./plan-conditions.ts";

const FINALIZER = "kubernetes";
const LOOK_AGAIN_MS = 1_000;

/** Empties namespaces that are to go, then lets them. */
export const namespace = defineController({
  name: "namespace-controller",
  primary: namespaces,
  watches: [
    defineWatch({ resource: customResourceDefinitions, keysFor: () => [] }),
    defineWatch({ resource: apiServices, keysFor: () => [] }),
  ],
  create: (context) => new NamespaceReconciler(context),
});

class NamespaceReconciler implements Reconciler {
  readonly #context: ControllerContext;

  constructor(context: ControllerContext) {
    this.#context = context;
  }

  async reconcile(name: string): Promise<ReconcileResult | undefined> {
    const { client, informers } = this.#context;
    const found = informers.informer(namespaces).lister.getByKey(name);
    if (!found?.metadata.deletionTimestamp || !found.spec?.finalizers?.includes(FINALIZER)) return undefined;
    const left = await this.#deleteContent(name);
    const unknown = unknownGroups([...informers.informer(apiServices).lister.list()]);
    if (left.length > 0 || unknown.length > 0) {
      await this.#report(found, left, unknown);
      return { requeueAfterMs: LOOK_AGAIN_MS };
    }
    const finalizers = found.spec.finalizers.filter((finalizer) => finalizer !== FINALIZER);
    const body = { ...found, spec: { finalizers } };
    await client.updateSubresource(namespaces, { name }, "finalize", body).catch((error: unknown) => {
      if (StatusError.from(error).code !== 404) throw error;
    });
    return undefined;
  }

  /** In order: what makes pods goes before pods, or they would be made again. Returns what is still there, as `kind (count)`. */
  async #deleteContent(name: string): Promise<string[]> {
    const { client, informers } = this.#context;
    const left: string[] = [];
    const custom = customKinds(informers).filter(({ namespaced }) => namespaced);
    for (const resource of [...custom, ...namespacedResources]) {
      const before = await client.list(resource, { namespace: name }).catch(nothingThere);
      if (before.items.length === 0) continue;
      await client.deleteCollection(resource, { namespace: name }, { propagationPolicy: "Background" });
      const after = await client.list(resource, { namespace: name });
      if (after.items.length > 0)
        left.push(
          `${resource.resource}${resource.group ? `.${resource.group}` : ""} has ${after.items.length} resource instances`,
        );
      // Configuration that pods still use on their way out stays until they are gone.
      if (resource.resource === pods.resource && after.items.length > 0) break;
    }
    return left;
  }

  async #report(found: V1Namespace, left: readonly string[], unknown: readonly string[]): Promise<void> {
    const now = `${new Date(this.#context.clock.nowMs()).toISOString().slice(0, 19)}Z`;
    const before = found.status?.conditions ?? [];
    const conditions = planConditions(before, left, unknown, now);
    if (deepEqual(before, conditions)) return;
    await this.#context.client
      .patch(
        namespaces,
        { name: found.metadata.name },
        { status: { conditions } },
        "application/merge-patch+json",
        "status",
      )
      .catch(() => {});
  }
}

/** A kind whose definition has gone meanwhile has no objects. */
function nothingThere(error: unknown): { items: KubeObject[] } {
  if (StatusError.from(error).code !== 404) throw error;
  return { items: [] };
}
