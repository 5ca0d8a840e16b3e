/** What every disk in use takes as a whole. */
const BLOCK_BYTES = 4096;
/** What is longer is written in several parts. Only what is used takes memory. */
const MEMORY_BYTES = 1 << 22;
const WASM_PAGE_BYTES = 1 << 16;

/** WebAssembly's memory begins at a page of the system; no other that JavaScript gets is sure to. */
const { WebAssembly } = globalThis as unknown as {
  WebAssembly: { Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer } };
};

/**
 * Lays out what is appended to a file as whole blocks, in memory that begins at a block, as a write past the page cache needs it. The block in which the file
 * ends is written again with what comes behind it; what was in it stays the same, so that a torn write cannot harm it.
 */
export class AlignedBlocks {
  #memory: Buffer | undefined;
  /** Of the last block, what the file holds already: at the beginning of the memory. */
  #tailBytes = 0;

  /** From now on it is about a file that ends with `tail`, in its last block. */
  restart(tail: Buffer): void {
    tail.copy(this.#allocated());
    this.#tailBytes = tail.length;
  }

  /** As much as `stage` takes at once; what is made here, at the beginning, it need not copy. Nobody may be writing what was staged before. */
  get room(): Buffer {
    return this.#allocated().subarray(this.#tailBytes);
  }

  /** Whole blocks with the tail, `bytes` and zeros, to be written from `startOfLastBlock` on. They stay as they are until `written`. */
  stage(bytes: Buffer): Buffer {
    const memory = this.#allocated();
    const end = this.#tailBytes + bytes.length;
    const isInPlace = bytes.buffer === memory.buffer && bytes.byteOffset === this.#tailBytes;
    if (!isInPlace) bytes.copy(memory, this.#tailBytes);
    const whole = Math.ceil(end / BLOCK_BYTES) * BLOCK_BYTES;
    memory.fill(0, end, whole);
    return memory.subarray(0, whole);
  }

  /** So many octets are in the file now. */
  written(bytes: number): void {
    const end = this.#tailBytes + bytes;
    this.#tailBytes = end % BLOCK_BYTES;
    if (end >= BLOCK_BYTES) this.#allocated().copyWithin(0, end - this.#tailBytes, end);
  }

  #allocated(): Buffer {
    this.#memory ??= Buffer.from(new WebAssembly.Memory({ initial: MEMORY_BYTES / WASM_PAGE_BYTES }).buffer);
    return this.#memory;
  }
}

/** Where the block begins in which a file of this length ends. */
export function startOfLastBlock(length: number): number {
  return length - (length % BLOCK_BYTES);
}
