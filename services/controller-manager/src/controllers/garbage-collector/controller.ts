import { type KubeObject, type OwnerReference, StatusError } from "@drydock/apimachinery";
import { type ControllerContext, defineController, defineWatch, type Informer, type Reconciler } from "@drydock/client";
import { apiServices, customResourceDefinitions, pods, type ResourceRef } from "@drydock/kube-api";
import { collectableResources } from "../namespaced-resources.ts";
import { FollowedKinds, ownerIndex, ownerUids } from "./followed-kinds.ts";
import { type CollectionAction, isDeletingForeground, type OwnerState, planCollection } from "./plan-collection.ts";

const keyOf = (resource: ResourceRef<KubeObject>, { metadata }: KubeObject) =>
  `${resource.group}/${resource.resource}|${metadata.namespace ?? ""}|${metadata.name}`;

/** Deletes what is owned by nobody any more, and serves the foreground and orphan finalizers. */
export const garbageCollector = defineController({
  name: "garbage-collector-controller",
  primary: pods as unknown as ResourceRef<KubeObject>,
  // Keys of objects and their owners are queued by `run`, which knows all kinds; the caches must be there before.
  watches: [
    ...[...collectableResources, customResourceDefinitions as unknown as ResourceRef<KubeObject>].map((resource) =>
      defineWatch({ resource, keysFor: () => [] }),
    ),
    defineWatch({ resource: apiServices, keysFor: () => [] }),
  ],
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
      (object.metadata.ownerReferences ?? []).map(async (owner) => ({
        uid: owner.uid,
        state: await this.#stateOf(owner, object),
      })),
    );
    const dependents = this.#dependentsOf(object.metadata.uid ?? "");
    const action = planCollection(
      object,
      owners,
      dependents.map((dependent) => dependent.object),
    );
    switch (action.kind) {
      case "delete":
        if (action.isInCircle) await this.#unblockOwners(resource, object);
        return this.#delete(resource, object, action);
      case "release":
        return this.#releaseOwners(resource, object, action.ownerUids);
      case "orphan-dependents":
        for (const dependent of dependents)
          await this.#releaseOwners(dependent.resource, dependent.object, [object.metadata.uid ?? ""]);
        return this.#removeFinalizer(resource, object, "orphan");
      case "finish-foreground":
        return this.#removeFinalizer(resource, object, "foregroundDeletion");
      case "none":
        return;
    }
  }

  async #delete(
    resource: ResourceRef<KubeObject>,
    { metadata: { namespace = "", name, uid, resourceVersion } }: KubeObject,
    { policy, isInCircle }: Extract<CollectionAction, { kind: "delete" }>,
  ): Promise<undefined> {
    // Not the object as it was judged (adopted meanwhile, say): the server refuses, and it is judged again. A circle's has just been changed by us.
    const preconditions = isInCircle ? { uid } : { uid, resourceVersion };
    const options = { propagationPolicy: policy, preconditions };
    await this.#context.client.delete(resource, { namespace, name }, options).catch(ignoreGone);
  }

  /** Absent only when the server itself says so: a cache that lags must not cost anybody their objects. */
  async #stateOf(owner: OwnerReference, dependent: KubeObject): Promise<OwnerState["state"]> {
    const informer = this.#kinds.ofOwner(owner);
    // Kinds this collector does not know are taken to be there.
    if (!informer) return "present";
    const { resource } = informer;
    const namespace = resource.namespaced ? (dependent.metadata.namespace ?? "") : "";
    const cached = informer.lister.get(namespace, owner.name);
    if (cached?.metadata.uid === owner.uid) return isDeletingForeground(cached) ? "deleting-foreground" : "present";
    if (this.#absent.has(owner.uid)) return "absent";
    try {
      const live = await this.#context.client.get(resource, { namespace, name: owner.name });
      if (live.metadata.uid === owner.uid) return isDeletingForeground(live) ? "deleting-foreground" : "present";
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

  async #releaseOwners(
    resource: ResourceRef<KubeObject>,
    object: KubeObject,
    ownerUids: readonly string[],
  ): Promise<undefined> {
    const rest = (object.metadata.ownerReferences ?? []).filter(({ uid }) => !ownerUids.includes(uid));
    await this.#patchMetadata(resource, object, { ownerReferences: rest.length > 0 ? rest : null });
  }

  async #unblockOwners(resource: ResourceRef<KubeObject>, object: KubeObject): Promise<void> {
    const ownerReferences = (object.metadata.ownerReferences ?? []).map((owner) => ({
      ...owner,
      ...(owner.blockOwnerDeletion && { blockOwnerDeletion: false }),
    }));
    await this.#patchMetadata(resource, object, { ownerReferences });
  }

  async #removeFinalizer(resource: ResourceRef<KubeObject>, object: KubeObject, finalizer: string): Promise<undefined> {
    const rest = (object.metadata.finalizers ?? []).filter((name) => name !== finalizer);
    await this.#patchMetadata(resource, object, { finalizers: rest.length > 0 ? rest : null });
  }

  /** Of the object as it was judged: lists are sent whole, and who has changed them meanwhile must not lose that. */
  async #patchMetadata(
    resource: ResourceRef<KubeObject>,
    { metadata: { namespace = "", name, uid, resourceVersion } }: KubeObject,
    changes: object,
  ): Promise<void> {
    const patch = { metadata: { uid, resourceVersion, ...changes } };
    await this.#context.client
      .patch(resource, { namespace, name }, patch, "application/merge-patch+json")
      .catch(ignoreGone);
  }
}

function ignoreGone(error: unknown): void {
  if (StatusError.from(error).code !== 404) throw error;
}
