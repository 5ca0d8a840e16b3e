import type { GroupResource, KubeObject } from "@drydock/apimachinery";
import type { Clock, Prng } from "@drydock/base";
import { invariant } from "@drydock/base";
import type { Admission } from "../admission/admission.ts";
import type { StoreFeed } from "../cache/store-feed.ts";
import { StoredObject } from "../cache/stored-object.ts";
import type { WatchCache } from "../cache/watch-cache.ts";
import type { Storage } from "../storage/storage.ts";
import type { ResourceDefinition } from "./definition.ts";

/** One served resource: its definition and where its objects are. */
export interface ResourceStore {
  readonly definition: ResourceDefinition;
  readonly groupResource: GroupResource;
  readonly cache: WatchCache;
  readonly registry: Registry;
  /** Aborted when another definition takes this one's place, or none: watches end. */
  readonly retired: AbortSignal;
}

/**
 * Work bound to writes of one resource that needs state beyond the object: the addresses of Services. What a write needs is taken
 * before it; the returned function is called when it is known whether the write happened.
 */
export interface WriteHook {
  beforeCreate(object: KubeObject, isDryRun: boolean): Promise<Settle> | Settle;
  beforeUpdate(object: KubeObject, old: KubeObject, isDryRun: boolean): Promise<Settle> | Settle;
  /** The object is gone whatever comes of this, so it must not reject. */
  afterDelete(object: KubeObject): Promise<void> | void;
}

/** Gives back what was taken if nothing was written, or what the write gave up if it was. Must not reject. */
export type Settle = ((isWritten: boolean) => Promise<void>) | undefined;

/** Provided from outside: what is not the same in two runs. */
export interface RegistryPorts {
  readonly storage: Storage;
  readonly feed: StoreFeed;
  readonly clock: Clock;
  readonly prng: Prng;
  /** A new object's uid. */
  newUid(): string;
  /** Whether containers may be privileged. */
  readonly allowsPrivileged?: boolean;
}

/** All served resources. Verbs are functions over a ResourceStore; see `verbs/`. */
export class Registry {
  readonly ports: RegistryPorts;
  readonly #stores = new Map<string, ResourceStore>();
  readonly #hooks = new Map<ResourceStore, WriteHook>();
  readonly #owned = new Map<string, readonly OwnedStore[]>();
  #admission: Admission | undefined;
  #version = 0;
  readonly #listeners = new Set<() => void>();

  constructor(definitions: readonly ResourceDefinition[], ports: RegistryPorts) {
    this.ports = ports;
    for (const definition of definitions) {
      const id = idOf(definition);
      invariant(!this.#stores.has(id), "a resource is defined once", { id });
      this.#stores.set(id, this.#storeOf(definition, neverRetired));
    }
  }

  /** A store of a definition that nobody else is served. Its cache is there already. */
  detached(definition: ResourceDefinition): ResourceStore {
    return this.#storeOf(definition, neverRetired);
  }

  #storeOf(definition: ResourceDefinition, retired: AbortSignal): ResourceStore {
    return {
      definition,
      groupResource: { group: definition.group, resource: definition.resource },
      cache: this.ports.feed.cacheFor(definition.storagePrefix),
      registry: this,
      retired,
    };
  }

  /** `listener` is called whenever what is served changes. What is returned ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Grows whenever what is served changes: what is derived from it can be kept as long as it stays the same. */
  get version(): number {
    return this.#version;
  }

  /**
   * Serves these definitions, whose caches are filled, in place of those that the same owner brought before. Others of the same
   * name win: a built-in kind is not replaced.
   */
  replaceOwned(owner: string, definitions: readonly ResourceDefinition[]): void {
    const before = this.#owned.get(owner) ?? [];
    for (const { store } of before) this.#stores.delete(idOf(store.definition));
    const added = definitions
      .filter((definition) => !this.#stores.has(idOf(definition)))
      .map((definition) => {
        const retirement = new AbortController();
        return { store: this.#storeOf(definition, retirement.signal), retirement };
      });
    for (const { store } of added) this.#stores.set(idOf(store.definition), store);
    if (added.length > 0) this.#owned.set(owner, added);
    else this.#owned.delete(owner);
    this.#version++;
    for (const { retirement } of before) retirement.abort();
    for (const listener of this.#listeners) listener();
  }

  /** Admission reads through the registry, so it is given after both exist. */
  set admission(admission: Admission) {
    this.#admission = admission;
  }

  get admission(): Admission {
    invariant(this.#admission, "admission is set before the first request");
    return this.#admission;
  }

  find(group: string, version: string, resource: string): ResourceStore | undefined {
    return this.#stores.get(`${group}/${version}/${resource}`);
  }

  /** For resources the server itself is built on; missing ones are a bug. */
  require(group: string, version: string, resource: string): ResourceStore {
    const store = this.find(group, version, resource);
    invariant(store, "a resource the server needs is defined", { group, version, resource });
    return store;
  }

  setHook(store: ResourceStore, hook: WriteHook): void {
    this.#hooks.set(store, hook);
  }

  hookOf(store: ResourceStore): WriteHook | undefined {
    return this.#hooks.get(store);
  }

  get stores(): Iterable<ResourceStore> {
    return this.#stores.values();
  }

  /** Cached object of a resource, at whatever revision the cache is. */
  cached<T extends KubeObject = KubeObject>(store: ResourceStore, namespace: string, name: string): T | undefined {
    const stored = store.cache.get(keyOf(store.definition, namespace, name));
    return stored && (viewOf(store, stored).object as T);
  }
}

export function keyOf(definition: ResourceDefinition, namespace: string, name: string): string {
  return `${keyPrefixOf(definition, namespace)}${name}`;
}

/** Prefix of all objects of a namespace, or of all when `namespace` is empty. */
export function keyPrefixOf(definition: ResourceDefinition, namespace: string): string {
  const base = `/registry/${definition.storagePrefix}/`;
  return definition.isNamespaced && namespace !== "" ? `${base}${namespace}/` : base;
}

/** The object as this resource's group-version shows it. */
export function viewOf(store: ResourceStore, stored: StoredObject): StoredObject {
  const { definition } = store;
  const { conversion } = definition;
  if (!conversion) return stored;
  return stored.encoding(viewIdOf(definition), (object) => {
    return new StoredObject(stored.key, stored.revision, conversion.fromStorage(object));
  });
}

function viewIdOf({ group, version, kind, conversion }: ResourceDefinition): string {
  return `view:${group}/${version}/${kind}:${conversion?.id ?? ""}`;
}

/** Has the views made that others must be asked for, all at once; needed before `viewOf` where a webhook converts, and free elsewhere. */
export async function prepareViews(store: ResourceStore, stored: Iterable<StoredObject>): Promise<void> {
  const later = store.definition.conversion?.fromStorageLater;
  if (!later) return;
  const id = viewIdOf(store.definition);
  const missing = [...stored].filter((candidate) => !candidate.hasEncoding(id));
  if (missing.length === 0) return;
  const objects = await later(missing.map(({ object }) => object));
  missing.forEach((candidate, index) => {
    const view = new StoredObject(candidate.key, candidate.revision, objects[index] as KubeObject);
    candidate.encoding(id, () => view);
  });
}

function idOf({ group, version, resource }: ResourceDefinition): string {
  return `${group}/${version}/${resource}`;
}

interface OwnedStore {
  readonly store: ResourceStore;
  readonly retirement: AbortController;
}

const neverRetired = new AbortController().signal;
