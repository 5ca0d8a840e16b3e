import type { KubeObject } from "@drydock/apimachinery";
import type { Clock, Prng } from "@drydock/base";
import type { Logger } from "@drydock/component";
import type { ResourceRef } from "@drydock/kube-api";
import type { ApiClient, TypedWatchEvent } from "./api-client.ts";
import { runReflector } from "./reflector.ts";
import { type Index, type Lister, objectKey, Store } from "./store.ts";

/** Called in the order of events, after the cache shows them. Must not throw and must not change the objects. */
export interface InformerHandler<T> {
  onAdd?(object: T): void;
  onUpdate?(object: T, old: T): void;
  /** `object` is the last state known. */
  onDelete?(object: T): void;
}

export interface InformerScope {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface InformerContext {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly logger: Logger;
}

/** A local copy of one resource that follows the server, and tells handlers of every change. */
export class Informer<T extends KubeObject> {
  readonly resource: ResourceRef<T>;
  readonly #context: InformerContext;
  readonly #scope: InformerScope;
  readonly #store = new Store<T>();
  readonly #handlers: InformerHandler<T>[] = [];
  readonly #synced = Promise.withResolvers<void>();
  #hasSynced = false;

  constructor(context: InformerContext, resource: ResourceRef<T>, scope: InformerScope = {}) {
    this.#context = context;
    this.resource = resource;
    this.#scope = scope;
  }

  get lister(): Lister<T> {
    return this.#store;
  }

  /** The first list has arrived. */
  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  addIndex(name: string, values: Index<T>): void {
    this.#store.addIndex(name, values);
  }

  /** A handler added late first hears of everything already there. */
  addHandler(handler: InformerHandler<T>): void {
    this.#handlers.push(handler);
    if (this.#hasSynced) for (const object of this.#store.list()) handler.onAdd?.(object);
  }

  /** Follows the server until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    await runReflector<T>(
      {
        ...this.#context,
        ...this.#scope,
        resource: this.resource,
        replace: (objects) => this.#replace(objects),
        apply: (events) => this.#apply(events),
      },
      signal,
    );
  }

  #replace(objects: readonly T[]): void {
    const present = new Set(objects.map(objectKey));
    for (const key of this.#store.keys()) if (!present.has(key)) this.#remove(key);
    for (const object of objects) this.#put(object);
    if (!this.#hasSynced) {
      this.#hasSynced = true;
      this.#synced.resolve();
    }
  }

  #apply(events: readonly TypedWatchEvent<T>[]): void {
    for (const { type, object } of events) {
      if (type === "DELETED") this.#remove(objectKey(object), object);
      else this.#put(object);
    }
  }

  #put(object: T): void {
    const old = this.#store.set(object);
    if (old?.metadata.uid !== undefined && old.metadata.uid !== object.metadata.uid) {
      // Deleted and created again between two looks: handlers see both.
      for (const handler of this.#handlers) handler.onDelete?.(old);
      for (const handler of this.#handlers) handler.onAdd?.(object);
    } else if (!old) {
      for (const handler of this.#handlers) handler.onAdd?.(object);
    } else if (old.metadata.resourceVersion !== object.metadata.resourceVersion) {
      for (const handler of this.#handlers) handler.onUpdate?.(object, old);
    }
  }

  #remove(key: string, last?: T): void {
    const old = this.#store.delete(key);
    if (old) for (const handler of this.#handlers) handler.onDelete?.(last ?? old);
  }
}
