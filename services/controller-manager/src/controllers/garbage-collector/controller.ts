import { type KubeObject, type OwnerReference, StatusError } from "@drydock/apimachinery";
import { type ControllerContext, defineController, defineWatch, type Informer, type Reconciler } from "@drydock/client";
import { customResourceDefinitions, pods, type ResourceRef } from "@drydock/kube-api";
import { collectableResources } from "../namespaced-resources.ts";
import { FollowedKinds, ownerIndex, ownerUids } from "./followed-kinds.ts";
import { planCollection } from "./plan-collection.ts";

const keyOf = (resource: ResourceRef<KubeObject>, { metadata }: KubeObject) =>
  `${resource.group}/${resource.resource}|${metadata.namespace ?? ""}|${metadata.name}`;

/** Deletes what is owned by nobody any more, and serves the foreground and orphan finalizers. */
export const garbageCollector = defineController({
  name: "garbage-collector-controller",
  primary: pods as unknown as ResourceRef<KubeObject>,
  // Keys of objects and their owners are queued by `run`, which knows all kinds; the caches must be there before.
  watches: [...collectableResources, customResourceDefinitions as unknown as ResourceRef<KubeObject>].map((resource) =>
    defineWatch({ resource, keysFor: () => [] }),
  ),
  indexes: collectableResources.map((resource) => ({ resource, name: ownerIndex, values: ownerUids })),
  create: (context) => new GarbageCollector(context),
});

class GarbageCollector implements Reconciler {
  readonly #context: ControllerContext;
  readonly #kinds: FollowedKinds;
  /** Owners known to be gone: uids are never used again. */
  readonly #absent = new Set<string>();

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#kinds = new FollowedKinds(context);
  }

  /** What changes is looked at, and so are its owners: a foreground deletion may now be done. When an owner goes, its dependents must hear of it. */
  async run(signal: AbortSignal, enqueue: (key: string) => void): Promise<void> {
    const tellDependents = (owner: KubeObject) => {
      for (const { resource, object } of this.#dependentsOf(owner.metadata.uid ?? "")) enqueue(keyOf(resource, object));
    };
    const onGone = (object: KubeObject) => {
      this.#absent.add(object.metadata.uid ?? "");
      tellDependents(object);
    };
    const listen = (informer: Informer<KubeObject>) => {
      const look = (object: KubeObject) => {
        for (const key of this.#keysFor(informer.resource, object)) enqueue(key);
      };
      informer.addHandler({
        onAdd: look,
        onDelete: (object) => {
          onGone(object);
          look(object);
        },
        onUpdate: (object, old) => {
          look(object);
          look(old);
          if (object.metadata.deletionTimestamp) tellDependents(object);
        },
      });
    };
    for (const informer of this.#kinds.builtIn) listen(informer);
    this.#kinds.follow(signal, listen, onGone);
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  }

  #keysFor(resource: ResourceRef<KubeObject>, object: KubeObject): string[] {
    const owners = (object.metadata.ownerReferences ?? []).flatMap((owner) => this.#ownerKey(owner, object));
    return [keyOf(resource, object), ...owners];
  }

  #ownerKey(owner: OwnerReference, { metadata: { namespace } }: KubeObject): string[] {
    const resource = this.#kinds.ofOwner(owner)?.resource;
    if (!resource) return [];
    return [`${resource.group}/${resource.resource}|${resource.namespaced ? (namespace ?? "") : ""}|${owner.name}`];
  }

  async reconcile(key: string): Promise<undefined> {
    const [id = "", namespace = "", name = ""] = key.split("|");
    const informer = this.#kinds.ofId(id);
    const object = informer?.lister.get(namespace, name);
    if (!informer || !object) return;
    const { resource } = informer;
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
    const informer = this.#kinds.ofOwner(owner);
    // Kinds this collector does not know are taken to be there.
    if (!informer) return "present";
    const { resource } = informer;
    const namespace = resource.namespaced ? (dependent.metadata.namespace ?? "") : "";
    const cached = informer.lister.get(namespace, owner.name);
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
    return this.#kinds.all.flatMap(({ resource, lister }) =>
      lister.byIndex(ownerIndex, uid).map((object) => ({ resource, object })),
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
