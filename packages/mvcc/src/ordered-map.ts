/** Chunks are split at this size: inserts move at most so many elements, lookups are two binary searches. */
const MAX_CHUNK = 512;

/** A map that iterates in key order. Keys are compared as strings, by code unit. */
export class OrderedMap<V> {
  readonly #values = new Map<string, V>();
  #chunks: string[][] = [];

  get size(): number {
    return this.#values.size;
  }

  get(key: string): V | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: V): void {
    if (!this.#values.has(key)) this.#insert(key);
    this.#values.set(key, value);
  }

  delete(key: string): boolean {
    if (!this.#values.delete(key)) return false;
    const at = this.#chunkFor(key);
    const chunk = this.#chunks[at] as string[];
    chunk.splice(lowerBound(chunk, key), 1);
    if (chunk.length === 0) this.#chunks.splice(at, 1);
    return true;
  }

  /** Entries with from ≤ key, and key < to where `to` is given, in order. The map must not change meanwhile. */
  *entries(from = "", to?: string): Generator<[string, V]> {
    if (this.#chunks.length === 0) return;
    let at = this.#chunkFor(from);
    let index = lowerBound(this.#chunks[at] as string[], from);
    for (; at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at] as string[];
      for (; index < chunk.length; index++) {
        const key = chunk[index] as string;
        if (to !== undefined && key >= to) return;
        yield [key, this.#values.get(key) as V];
      }
      index = 0;
    }
  }

  #insert(key: string): void {
    if (this.#chunks.length === 0) {
      this.#chunks.push([key]);
      return;
    }
    const at = this.#chunkFor(key);
    const chunk = this.#chunks[at] as string[];
    chunk.splice(lowerBound(chunk, key), 0, key);
    // Keys often come in order: then split off only the end, and chunks stay full.
    if (chunk.length > MAX_CHUNK)
      this.#chunks.splice(at + 1, 0, chunk.splice(chunk.at(-1) === key ? MAX_CHUNK : MAX_CHUNK >> 1));
  }

  /** The last chunk that begins at or before `key`, else the first. */
  #chunkFor(key: string): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (((this.#chunks[middle] as string[])[0] as string) <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

function lowerBound(sorted: readonly string[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
