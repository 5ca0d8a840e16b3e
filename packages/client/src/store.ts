import type { KubeObject } from "@drydock/apimachinery";

/** `namespace/name`, or `name` for cluster-scoped objects: what work queues carry. */
export function objectKey(object: KubeObject): string {
  const { namespace, name } = object.metadata;
  return namespace ? `${namespace}/${name}` : (name ?? "");
}

export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf("/");
  return slash < 0 ? { namespace: "", name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** The values an object is found under; an object may have several or none. */
export type Index<T> = (object: T) => readonly string[];

/** Reads from an informer's cache. What it returns is shared: never change it. */
export interface Lister<T> {
  get(namespace: string, name: string): T | undefined;
  getByKey(key: string): T | undefined;
  list(namespace?: string): T[];
  /** Objects whose index `index` has `value`; the index must have been declared. */
  byIndex(index: string, value: string): T[];
}

/** Objects by key with secondary indexes, kept by a reflector. */
export class Store<T extends KubeObject> implements Lister<T> {
  readonly #objects = new Map<string, T>();
  readonly #indexes = new Map<string, { values: Index<T>; keysByValue: Map<string, Set<string>> }>();

  constructor() {
    this.addIndex("namespace", (object) => [object.metadata.namespace ?? ""]);
  }

  /** May be called at any time; the index is built from what is there. */
  addIndex(name: string, values: Index<T>): void {
    if (this.#indexes.has(name)) return;
    this.#indexes.set(name, { values, keysByValue: new Map() });
    for (const [key, object] of this.#objects) this.#indexOne(name, key, object);
  }

  get(namespace: string, name: string): T | undefined {
    return this.#objects.get(namespace ? `${namespace}/${name}` : name);
  }

  getByKey(key: string): T | undefined {
    return this.#objects.get(key);
  }

  list(namespace?: string): T[] {
    return namespace ? this.byIndex("namespace", namespace) : [...this.#objects.values()];
  }

  keys(): string[] {
    return [...this.#objects.keys()];
  }

  byIndex(index: string, value: string): T[] {
    const found = this.#indexes.get(index);
    if (!found) throw new Error(`no index called ${index}`);
    return [...(found.keysByValue.get(value) ?? [])].map((key) => this.#objects.get(key) as T);
  }

  /** Returns what stood there before. */
  set(object: T): T | undefined {
    const key = objectKey(object);
    const old = this.#objects.get(key);
    if (old) this.#unindex(key, old);
    this.#objects.set(key, object);
    for (const name of this.#indexes.keys()) this.#indexOne(name, key, object);
    return old;
  }

  delete(key: string): T | undefined {
    const old = this.#objects.get(key);
    if (!old) return undefined;
    this.#unindex(key, old);
    this.#objects.delete(key);
    return old;
  }

  #indexOne(name: string, key: string, object: T): void {
    const index = this.#indexes.get(name);
    for (const value of index?.values(object) ?? []) {
      let keys = index?.keysByValue.get(value);
      if (!keys) {
        keys = new Set();
        index?.keysByValue.set(value, keys);
      }
      keys.add(key);
    }
  }

  #unindex(key: string, object: T): void {
    for (const { values, keysByValue } of this.#indexes.values()) {
      for (const value of values(object)) {
        const keys = keysByValue.get(value);
        keys?.delete(key);
        if (keys?.size === 0) keysByValue.delete(value);
      }
    }
  }
}
