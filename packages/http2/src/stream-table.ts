const BUCKETS_MIN = 64;

/**
 * The open streams of a connection by id. Not a Map: streams come and go by the thousand a second, and a Map's outgrown tables, once old, keep
 * what they held alive past every young collection.
 */
export class StreamTable<Stream extends { readonly id: number }> {
  #buckets: Stream[][] = makeBuckets<Stream>(BUCKETS_MIN);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): Stream | undefined {
    for (const stream of this.#bucketOf(id)) if (stream.id === id) return stream;
    return undefined;
  }

  add(stream: Stream): void {
    if (this.#size >= this.#buckets.length * 2) this.#grow();
    this.#bucketOf(stream.id).push(stream);
    this.#size++;
  }

  delete(stream: Stream): void {
    const bucket = this.#bucketOf(stream.id);
    const index = bucket.indexOf(stream);
    if (index < 0) return;
    const last = bucket.pop() as Stream;
    if (last !== stream) bucket[index] = last;
    this.#size--;
  }

  /** A copy: streams may close while it is gone through. */
  all(): Stream[] {
    return this.#buckets.flat();
  }

  #bucketOf(id: number): Stream[] {
    return this.#buckets[(id >>> 1) & (this.#buckets.length - 1)] as Stream[];
  }

  #grow(): void {
    const streams = this.all();
    this.#buckets = makeBuckets<Stream>(this.#buckets.length * 4);
    for (const stream of streams) this.#bucketOf(stream.id).push(stream);
  }
}

function makeBuckets<Stream>(count: number): Stream[][] {
  return Array.from({ length: count }, () => []);
}
