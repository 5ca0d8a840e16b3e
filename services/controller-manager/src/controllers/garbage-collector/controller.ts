import { type KubeObject, type OwnerReference, StatusError } from "@drydock/apimachinery";
import { type ControllerContext, defineController, defineWatch, type Reconciler } from "@drydock/client";
import { pods, type ResourceRef } from "@drydock/kube-api";
import { collectableResources } from "../namespaced-resources.ts";
import { planCollection } from "./plan-collection.ts";

const keyOf = (resource: ResourceRef<KubeObject>, { metadata }: KubeObject) =>
  `${resource.group}/${resource.resource}|${metadata.namespace ?? ""}|${metadata.name}`;

/** Deletes what is owned by nobody any more, and serves the foreground and orphan finalizers. */
export const garbageCollector = defineController({
  name: "garbage-collector-controller",
  primary: pods as unknown as ResourceRef<KubeObject>,
  watches: collectableResources.map((resource) =>
    defineWatch({
      resource,
      keysFor: (object) => [
        keyOf(resource, object),
        ...(object.metadata.ownerReferences ?? []).flatMap((owner) => ownerKey(owner, object)),
      ],
    }),
  ),
  indexes: collectableResources.map((resource) => ({
    resource,
    name: "owner-uid",
    values: ({ metadata }: KubeObject) => (metadata.ownerReferences ?? []).map(({ uid }) => uid),
  })),
  create: (context) => new GarbageCollector(context),
});

/** A dependent's change concerns its owner: a foreground deletion may now be done. */
function ownerKey(owner: OwnerReference, dependent: KubeObject): string[] {
  const resource = resourceOf(owner);
  if (!resource) return [];
  return [
    keyOf(resource, {
      ...dependent,
      metadata: {
        name: owner.name,
        ...(resource.namespaced && dependent.metadata.namespace ? { namespace: dependent.metadata.namespace } : {}),
      },
    }),
  ];
}

function resourceOf({ apiVersion, kind }: OwnerReference): ResourceRef<KubeObject> | undefined {
  const group = apiVersion.includes("/") ? (apiVersion.split("/")[0] as string) : "";
  return collectableResources.find((resource) => resource.group === group && resource.kind === kind);
}

class GarbageCollector implements Reconciler {
  readonly #context: ControllerContext;
  /** Owners known to be gone: uids are never used again. */
  readonly #absent = new Set<string>();

  constructor(context: ControllerContext) {
    this.#context = context;
    for (const resource of collectableResources) {
      context.informers
        .informer(resource)
        .addHandler({ onDelete: ({ metadata }) => this.#absent.add(metadata.uid ?? "") });
    }
  }

  /** When an owner goes, its dependents must hear of it. */
  async run(signal: AbortSignal, enqueue: (key: string) => void): Promise<void> {
    const tellDependents = (owner: KubeObject) => {
      for (const { resource, object } of this.#dependentsOf(owner.metadata.uid ?? "")) enqueue(keyOf(resource, object));
    };
    for (const resource of collectableResources) {
      this.#context.informers.informer(resource).addHandler({
        onDelete: tellDependents,
        onUpdate: (object) => {
          if (object.metadata.deletionTimestamp) tellDependents(object);
        },
      });
    }
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  }

  async reconcile(key: string): Promise<undefined> {
    const [id = "", namespace = "", name = ""] = key.split("|");
    const resource = collectableResources.find((candidate) => `${candidate.group}/${candidate.resource}` === id);
    const object = resource && this.#context.informers.informer(resource).lister.get(namespace, name);
    if (!resource || !object) return;
    const owners = await Promise.all(
      (object.metadata.ownerReferences ?? []).map((owner) => this.#stateOf(owner, object)),
    );
    const dependents = this.#dependentsOf(object.metadata.uid ?? "");
    const action = planCollection(
      object,
      owners,
      dependents.map((dependent) => dependent.object),
    );
    const at = { namespace, name };
    // Not the object as it was judged (adopted meanwhile, say): the server refuses, and it is judged again.
    const preconditions = { uid: object.metadata.uid, resourceVersion: object.metadata.resourceVersion };
    switch (action.kind) {
      case "delete":
        await this.#context.client
          .delete(resource, at, { propagationPolicy: action.policy, preconditions })
          .catch(ignoreGone);
        return;
      case "orphan-dependents":
        for (const dependent of dependents)
          await this.#releaseOwner(dependent.resource, dependent.object, object.metadata.uid ?? "");
        await this.#removeFinalizer(resource, object, "orphan");
        return;
      case "delete-dependents":
        for (const dependent of dependents) {
          if (dependent.object.metadata.deletionTimestamp) continue;
          const key2 = { namespace: dependent.object.metadata.namespace ?? "", name: dependent.object.metadata.name };
          await this.#context.client
            .delete(dependent.resource, key2, {
              propagationPolicy: "Foreground",
              preconditions: { uid: dependent.object.metadata.uid ?? "" },
            })
            .catch(ignoreGone);
        }
        return;
      case "finish-foreground":
        await this.#removeFinalizer(resource, object, "foregroundDeletion");
        return;
      case "none":
        return;
    }
  }

  /** Absent only when the server itself says so: a cache that lags must not cost anybody their objects. */
  async #stateOf(owner: OwnerReference, dependent: KubeObject): Promise<"present" | "deleting-foreground" | "absent"> {
    const resource = resourceOf(owner);
    // Kinds this collector does not know (nodes, custom ones) are taken to be there.
    if (!resource) return "present";
    const namespace = resource.namespaced ? (dependent.metadata.namespace ?? "") : "";
    const cached = this.#context.informers.informer(resource).lister.get(namespace, owner.name);
    if (cached?.metadata.uid === owner.uid) return isForeground(cached) ? "deleting-foreground" : "present";
    if (this.#absent.has(owner.uid)) return "absent";
    try {
      const live = await this.#context.client.get(resource, { namespace, name: owner.name });
      if (live.metadata.uid === owner.uid) return isForeground(live) ? "deleting-foreground" : "present";
    } catch (error) {
      if (StatusError.from(error).code !== 404) throw error;
    }
    this.#absent.add(owner.uid);
    return "absent";
  }

  #dependentsOf(uid: string): { resource: ResourceRef<KubeObject>; object: KubeObject }[] {
    return collectableResources.flatMap((resource) =>
      this.#context.informers
        .informer(resource)
        .lister.byIndex("owner-uid", uid)
        .map((object) => ({ resource, object })),
    );
  }

  async #releaseOwner(resource: ResourceRef<KubeObject>, dependent: KubeObject, ownerUid: string): Promise<void> {
    const rest = (dependent.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== ownerUid);
    const patch = { metadata: { uid: dependent.metadata.uid, ownerReferences: rest.length > 0 ? rest : null } };
    const key = { namespace: dependent.metadata.namespace ?? "", name: dependent.metadata.name };
    await this.#context.client.patch(resource, key, patch, "application/merge-patch+json").catch(ignoreGone);
  }

  async #removeFinalizer(resource: ResourceRef<KubeObject>, object: KubeObject, finalizer: string): Promise<void> {
    const rest = (object.metadata.finalizers ?? []).filter((name) => name !== finalizer);
    const patch = {
      metadata: {
        uid: object.metadata.uid,
        resourceVersion: object.metadata.resourceVersion,
        finalizers: rest.length > 0 ? rest : null,
      },
    };
    const key = { namespace: object.metadata.namespace ?? "", name: object.metadata.name };
    await this.#context.client.patch(resource, key, patch, "application/merge-patch+json").catch(ignoreGone);
  }
}

function isForeground({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).includes("foregroundDeletion");
}

function ignoreGone(error: unknown): void {
  if (StatusError.from(error).code !== 404) throw error;
}
