import { type KubeObject, type OwnerReference, StatusError } from "@drydock/apimachinery";
import type { ControllerContext, Lister } from "@drydock/client";
import {
  customResourceDefinitions,
  deployments,
  type ResourceRef,
  replicaSets,
  replicationControllers,
  statefulSets,
  type V1Pod,
} from "@drydock/kube-api";
import { controllerOf } from "../../owners/controller-ref.ts";
import { customKindOf } from "../custom-kinds.ts";
import { namespacedResources } from "../namespaced-resources.ts";

/** How many pods the owners of some pods want in all. Pods that nobody controls are named. */
export interface ExpectedPods {
  readonly expected: number;
  readonly unmanaged: readonly string[];
}

interface Scaled extends KubeObject {
  spec?: { replicas?: number };
}

/** Asks the caches for the kinds that are always there, and the server for custom ones that can be scaled. */
export class OwnerScales {
  readonly #context: ControllerContext;

  constructor(context: ControllerContext) {
    this.#context = context;
  }

  /** Throws when an owner cannot be found or does not say how many pods it wants. */
  async expectedPods(pods: readonly V1Pod[]): Promise<ExpectedPods> {
    const scales = new Map<string, number>();
    const known = new Set<string>();
    const unmanaged: string[] = [];
    for (const pod of pods) {
      const owner = controllerOf(pod);
      if (!owner) unmanaged.push(pod.metadata.name);
      if (!owner || known.has(owner.uid)) continue;
      const scale = await this.#scaleOf(owner, pod.metadata.namespace ?? "");
      if (!scale) throw new Error(`found no controllers for pod "${pod.metadata.name}"`);
      known.add(owner.uid);
      scales.set(scale.uid, scale.replicas);
    }
    return { expected: [...scales.values()].reduce((sum, count) => sum + count, 0), unmanaged };
  }

  async #scaleOf(owner: OwnerReference, namespace: string): Promise<{ uid: string; replicas: number } | undefined> {
    const found = this.#builtIn(owner, namespace);
    if (found === "custom") return this.#custom(owner, namespace);
    return found && { uid: found.metadata.uid ?? "", replicas: found.spec?.replicas ?? 1 };
  }

  #builtIn(owner: OwnerReference, namespace: string): Scaled | undefined | "custom" {
    const [group = ""] = owner.apiVersion.includes("/") ? owner.apiVersion.split("/") : [];
    const of = (resource: unknown) => {
      const lister = this.#context.informers.informer(resource as ResourceRef<Scaled>).lister as Lister<Scaled>;
      const found = lister.get(namespace, owner.name);
      return found?.metadata.uid === owner.uid ? found : undefined;
    };
    if (group === "" && owner.kind === "ReplicationController") return of(replicationControllers);
    if (group === "apps" && owner.kind === "StatefulSet") return of(statefulSets);
    if (group !== "apps" || owner.kind !== "ReplicaSet") return "custom";
    const set = of(replicaSets);
    const parent = set && controllerOf(set);
    if (parent?.kind !== "Deployment") return set;
    // While it rolls out, the Deployment has several sets, and only it knows the sum.
    const deployment = this.#context.informers.informer(deployments).lister.get(namespace, parent.name);
    return deployment?.metadata.uid === parent.uid ? (deployment as Scaled) : undefined;
  }

  async #custom(owner: OwnerReference, namespace: string): Promise<{ uid: string; replicas: number } | undefined> {
    const [group = ""] = owner.apiVersion.includes("/") ? owner.apiVersion.split("/") : [];
    const definitions = this.#context.informers.informer(customResourceDefinitions).lister.list();
    const crd = definitions.find(({ spec }) => spec.group === group && spec.names.kind === owner.kind);
    const kind = crd && customKindOf(crd);
    const scale = crd?.spec.versions.find(({ name }) => name === kind?.version)?.subresources?.scale;
    if (!kind || !scale) throw new Error(this.#cannotBeScaled(owner, group, kind));
    try {
      const object = await this.#context.client.get(kind, { namespace, name: owner.name });
      if (object.metadata.uid !== owner.uid) return undefined;
      return { uid: owner.uid, replicas: numberAt(object, scale.specReplicasPath) };
    } catch (error) {
      if (StatusError.from(error).code === 404) return undefined;
      throw error;
    }
  }

  #cannotBeScaled(
    { apiVersion, kind }: OwnerReference,
    group: string,
    custom: ResourceRef<KubeObject> | undefined,
  ): string {
    const known = custom ?? namespacedResources.find((ref) => ref.group === group && ref.kind === kind);
    if (!known) return `no matches for kind "${kind}" in version "${apiVersion}"`;
    return `${[known.resource, group].filter(Boolean).join(".")} does not implement the scale subresource`;
  }
}

/** Reads a path such as `.spec.replicas`; what is not there is 0. */
function numberAt(object: KubeObject, path: string): number {
  let value: unknown = object;
  for (const name of path.split(".").filter(Boolean)) value = (value as Record<string, unknown> | undefined)?.[name];
  return typeof value === "number" ? value : 0;
}
