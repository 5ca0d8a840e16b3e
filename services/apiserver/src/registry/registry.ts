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
}

/**
 * Work bound to writes of one resource that needs state beyond the object: the addresses of Services. Allocations are undone
 * by the returned function when the write does not happen.
 */
export interface WriteHook {
  beforeCreate(object: KubeObject, isDryRun: boolean): Promise<Undo> | Undo;
  beforeUpdate(object: KubeObject, old: KubeObject, isDryRun: boolean): Promise<Undo> | Undo;
  afterDelete(object: KubeObject): void;
}

export type Undo = (() => void) | undefined;

/** Provided from outside: what is not the same in two runs. */
export interface RegistryPorts {
  readonly storage: Storage;
  readonly feed: StoreFeed;
  readonly clock: Clock;
  readonly prng: Prng;
  /** A new object's uid. */
  newUid(): string;
}

/** All served resources. Verbs are functions over a ResourceStore; see `verbs/`. */
export class Registry {
  readonly ports: RegistryPorts;
  readonly #stores = new Map<string, ResourceStore>();
  readonly #hooks = new Map<ResourceStore, WriteHook>();
  #admission: Admission | undefined;

  constructor(definitions: readonly ResourceDefinition[], ports: RegistryPorts) {
    this.ports = ports;
    for (const definition of definitions) {
      const id = `${definition.group}/${definition.version}/${definition.resource}`;
      invariant(!this.#stores.has(id), "a resource is defined once", { id });
      this.#stores.set(id, {
        definition,
        groupResource: { group: definition.group, resource: definition.resource },
        cache: ports.feed.cacheFor(definition.storagePrefix),
        registry: this,
      });
    }
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
  return stored.encoding(`view:${definition.group}/${definition.version}/${definition.kind}`, (object) => {
    return new StoredObject(stored.key, stored.revision, conversion.fromStorage(object));
  });
}
