const SLAB_BYTES = 1 << 16;

/**
 * Room for small buffers that are kept. Buffers of Node's own pool share their slab with whatever else was allocated meanwhile: one value that is
 * kept keeps 64 KiB of answers and frames that were long sent. To be used for values of one kind, which come and go in the same order.
 */
export class Arena {
  #slab = Buffer.alloc(0);
  #at = 0;

  /** A copy of a span of a buffer. */
  copyOf(source: Buffer, start = 0, end = source.length): Buffer {
    const copy = this.allocate(end - start);
    source.copy(copy, 0, start, end);
    return copy;
  }

  /** Not filled with zeros. */
  allocate(bytes: number): Buffer {
    if (bytes > SLAB_BYTES / 8) return Buffer.allocUnsafeSlow(bytes);
    if (this.#at + bytes > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#at = 0;
    }
    const start = this.#at;
    this.#at += bytes;
    return this.#slab.subarray(start, this.#at);
  }
}
