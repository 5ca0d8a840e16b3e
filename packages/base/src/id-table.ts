const BUCKETS_MIN = 64;

/**
 * What comes and goes by the thousand a second, by its id, a whole number. Not a Map: a Map's outgrown tables, once old, keep what they held alive past every
 * young collection, and with each request all that belongs to it.
 */
export class IdTable<Item extends { readonly id: number }> {
  #buckets: Item[][] = makeBuckets<Item>(BUCKETS_MIN);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): Item | undefined {
    for (const item of this.#bucketOf(id)) if (item.id === id) return item;
    return undefined;
  }

  /** There must be none with its id. */
  add(item: Item): void {
    if (this.#size >= this.#buckets.length * 2) this.#grow();
    this.#bucketOf(item.id).push(item);
    this.#size++;
  }

  /** Of one that is not there nothing comes. */
  delete(item: Item): void {
    const bucket = this.#bucketOf(item.id);
    const index = bucket.indexOf(item);
    if (index < 0) return;
    const last = bucket.pop() as Item;
    if (last !== item) bucket[index] = last;
    this.#size--;
  }

  /** A copy, in no order that means anything: some may go while it is gone through. */
  all(): Item[] {
    return this.#buckets.flat();
  }

  #bucketOf(id: number): Item[] {
    return this.#buckets[id & (this.#buckets.length - 1)] as Item[];
  }

  #grow(): void {
    const items = this.all();
    this.#buckets = makeBuckets<Item>(this.#buckets.length * 4);
    for (const item of items) this.#bucketOf(item.id).push(item);
  }
}

function makeBuckets<Item>(count: number): Item[][] {
  return Array.from({ length: count }, () => []);
}
