/** Chunks are split at this size: inserts move at most so many elements, lookups are two binary searches. */
const MAX_CHUNK = 512;

interface Chunk<V> {
  readonly keys: string[];
  readonly values: V[];
}

/** A map that iterates in key order. Keys are compared as strings, by code unit. */
export class OrderedMap<V> {
  readonly #values = new Map<string, V>();
  #chunks: Chunk<V>[] = [];

  get size(): number {
    return this.#values.size;
  }

  get(key: string): V | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: V): void {
    const sizeBefore = this.#values.size;
    this.#values.set(key, value);
    if (this.#values.size > sizeBefore) this.#insert(key, value);
    else {
      const chunk = this.#chunks[this.#chunkFor(key)] as Chunk<V>;
      chunk.values[lowerBound(chunk.keys, key)] = value;
    }
  }

  delete(key: string): boolean {
    if (!this.#values.delete(key)) return false;
    const at = this.#chunkFor(key);
    const { keys, values } = this.#chunks[at] as Chunk<V>;
    const index = lowerBound(keys, key);
    keys.splice(index, 1);
    values.splice(index, 1);
    if (keys.length === 0) this.#chunks.splice(at, 1);
    return true;
  }

  /** Entries with from ≤ key, and key < to where `to` is given, in order. The map must not change meanwhile. */
  *entries(from = "", to?: string): Generator<[string, V]> {
    for (const { chunk, start, end } of this.#spans(from, to))
      for (let index = start; index < end; index++) yield [chunk.keys[index] as string, chunk.values[index] as V];
  }

  /** The same without the cost of an iterator. */
  forEachIn(from: string, to: string | undefined, visit: (value: V, key: string) => void): void {
    for (const { chunk, start, end } of this.#spans(from, to))
      for (let index = start; index < end; index++) visit(chunk.values[index] as V, chunk.keys[index] as string);
  }

  *#spans(from: string, to: string | undefined): Generator<{ chunk: Chunk<V>; start: number; end: number }> {
    if (this.#chunks.length === 0) return;
    const first = this.#chunkFor(from);
    for (let at = first; at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at] as Chunk<V>;
      const start = at === first ? lowerBound(chunk.keys, from) : 0;
      const isLast = to !== undefined && (chunk.keys.at(-1) as string) >= to;
      yield { chunk, start, end: isLast ? lowerBound(chunk.keys, to) : chunk.keys.length };
      if (isLast) return;
    }
  }

  #insert(key: string, value: V): void {
    if (this.#chunks.length === 0) {
      this.#chunks.push({ keys: [key], values: [value] });
      return;
    }
    const last = this.#chunks.at(-1) as Chunk<V>;
    const isLast = (last.keys.at(-1) as string) < key;
    const at = isLast ? this.#chunks.length - 1 : this.#chunkFor(key);
    const { keys, values } = this.#chunks[at] as Chunk<V>;
    const index = isLast ? keys.length : lowerBound(keys, key);
    keys.splice(index, 0, key);
    values.splice(index, 0, value);
    if (keys.length <= MAX_CHUNK) return;
    // Keys often come in order: then split off only the end, and chunks stay full.
    const from = keys.at(-1) === key ? MAX_CHUNK : MAX_CHUNK >> 1;
    this.#chunks.splice(at + 1, 0, { keys: keys.splice(from), values: values.splice(from) });
  }

  /** The last chunk that begins at or before `key`, else the first. */
  #chunkFor(key: string): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (((this.#chunks[middle] as Chunk<V>).keys[0] as string) <= key) low = middle;
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
