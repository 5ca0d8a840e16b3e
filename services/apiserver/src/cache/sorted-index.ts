/** A map from string keys to values that can be walked in key order from any point. Inserts cost a memmove, reads nothing. */
export class SortedIndex<V> {
  readonly #values = new Map<string, V>();
  #keys: string[] = [];

  get size(): number {
    return this.#keys.length;
  }

  get(key: string): V | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: V): void {
    if (!this.#values.has(key)) {
      const last = this.#keys[this.#keys.length - 1];
      if (last === undefined || key > last) this.#keys.push(key);
      else this.#keys.splice(this.#lowerBound(key), 0, key);
    }
    this.#values.set(key, value);
  }

  delete(key: string): V | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    this.#values.delete(key);
    this.#keys.splice(this.#lowerBound(key), 1);
    return value;
  }

  clear(): void {
    this.#values.clear();
    this.#keys = [];
  }

  /** Values whose key starts with `prefix`, in key order, beginning at `startKey` when given. The index must not change meanwhile. */
  *scan(prefix: string, startKey = prefix): Generator<V> {
    for (let i = this.#lowerBound(startKey > prefix ? startKey : prefix); i < this.#keys.length; i++) {
      const key = this.#keys[i] as string;
      if (!key.startsWith(prefix)) return;
      yield this.#values.get(key) as V;
    }
  }

  #lowerBound(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] as string) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
