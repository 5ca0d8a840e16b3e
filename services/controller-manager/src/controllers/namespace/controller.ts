import { deepEqual, type KubeObject, StatusError } from "@drydock/apimachinery";
import {
  type ControllerContext,
  defineController,
  defineWatch,
  type InformerFactory,
  type ReconcileResult,
  type Reconciler,
} from "@drydock/client";
import {
  apiServices,
  customResourceDefinitions,
  namespaces,
  pods,
  type ResourceRef,
  type V1Namespace,
} from "@drydock/kube-api";
import { type AggregatedKind, listAggregatedKinds } from "../aggregated-kinds.ts";
import { customKinds } from "../custom-kinds.ts";
import { namespacedResources } from "../namespaced-resources.ts";
import { planConditions, type Remains, unknownGroups } from "./plan-conditions.ts";

type KindToEmpty = Pick<AggregatedKind, "resource"> & Partial<AggregatedKind>;

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
    const remains = await this.#deleteContent(name);
    const { left, failed, unknown } = remains;
    if (left.length + failed.length + unknown.length > 0) {
      await this.#report(found, remains);
      return { requeueAfterMs: LOOK_AGAIN_MS };
    }
    const finalizers = found.spec.finalizers.filter((finalizer) => finalizer !== FINALIZER);
    const body = { ...found, spec: { finalizers } };
    await client.updateSubresource(namespaces, { name }, "finalize", body).catch((error: unknown) => {
      if (StatusError.from(error).code !== 404) throw error;
    });
    return undefined;
  }

  /** In order: what makes pods goes before pods, or they would be made again. One kind that fails does not keep the others. */
  async #deleteContent(name: string): Promise<Remains> {
    const { client, informers } = this.#context;
    const others = await listAggregatedKinds(client);
    const waiting = unknownGroups([...informers.informer(apiServices).lister.list()]);
    const left: string[] = [];
    const finalizers = new Map<string, number>();
    const failed: string[] = [];
    for (const { resource, verbs } of kindsToEmpty(informers, others.kinds)) {
      const items = await this.#deleteAll(resource, name, verbs).catch((error: unknown) => {
        failed.push(StatusError.from(error).message);
        return [];
      });
      const count = items.length;
      for (const finalizer of items.flatMap(({ metadata }) => metadata.finalizers ?? []))
        finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1);
      if (count > 0) left.push(`${resource.resource}.${resource.group} has ${count} resource instances`);
      // Configuration that pods still use on their way out stays until they are gone.
      if (resource.resource === pods.resource && resource.group === "" && count > 0) break;
    }
    return { left, finalizers, failed, unknown: [...new Set([...waiting, ...others.unknown])].sort() };
  }

  /** What is still there. */
  async #deleteAll(
    resource: ResourceRef<KubeObject>,
    namespace: string,
    verbs: ReadonlySet<string> | undefined,
  ): Promise<readonly KubeObject[]> {
    const { client } = this.#context;
    const { items } = await client.list(resource, { namespace }).catch(nothingThere);
    if (items.length === 0) return [];
    const options = { propagationPolicy: "Background" } as const;
    if (verbs === undefined || verbs.has("deletecollection"))
      await client.deleteCollection(resource, { namespace }, options);
    else
      for (const { metadata } of items)
        await client.delete(resource, { namespace, name: metadata.name }, options).catch(nothingThere);
    return (await client.list(resource, { namespace })).items;
  }

  async #report(found: V1Namespace, remains: Remains): Promise<void> {
    const now = `${new Date(this.#context.clock.nowMs()).toISOString().slice(0, 19)}Z`;
    const before = found.status?.conditions ?? [];
    const conditions = planConditions(before, remains, now);
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

/** All kinds that live in namespaces; of other servers' those that can be listed and deleted. */
function kindsToEmpty(informers: InformerFactory, others: readonly AggregatedKind[]): KindToEmpty[] {
  const custom = customKinds(informers).filter(({ namespaced }) => namespaced);
  return [
    ...custom.map((resource) => ({ resource })),
    ...others.filter(({ resource, verbs }) => resource.namespaced && verbs.has("list") && verbs.has("delete")),
    ...namespacedResources.map((resource) => ({ resource })),
  ];
}

/** A kind whose definition has gone meanwhile has no objects. */
function nothingThere(error: unknown): { items: KubeObject[] } {
  if (StatusError.from(error).code !== 404) throw error;
  return { items: [] };
}
