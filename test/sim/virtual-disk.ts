import type { Prng } from "@drydock/base";

/** The file system has no room left. */
export class DiskFullError extends Error {
  override readonly name = "DiskFullError";
}

/** One append-only file. What was not synced is lost in a crash, or only its beginning remains, or its end is nonsense. */
export class VirtualDisk {
  #bytes: Buffer = Buffer.alloc(0);
  #unsynced: Buffer[] = [];
  isFull = false;

  /** As a restarted process finds it. */
  read(): Buffer {
    return this.#bytes;
  }

  /** A full disk takes the beginning. */
  write(bytes: Buffer): void {
    if (this.isFull) {
      this.#unsynced.push(bytes.subarray(0, bytes.length >> 1));
      throw new DiskFullError("ENOSPC: no space left on device, write");
    }
    this.#unsynced.push(bytes);
  }

  sync(): void {
    if (this.#unsynced.length === 0) return;
    this.#bytes = Buffer.concat([this.#bytes, ...this.#unsynced]);
    this.#unsynced = [];
  }

  /** A new file under a temporary name, synced, then put in the place of the old one: all or nothing. */
  replace(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#unsynced = [];
  }

  /** What a torn write left behind is cut off. */
  truncate(length: number): void {
    this.#bytes = this.#bytes.subarray(0, length);
    this.#unsynced = [];
  }

  crash(prng: Prng): void {
    const unsynced = Buffer.concat(this.#unsynced);
    this.#unsynced = [];
    if (unsynced.length === 0) return;
    const kept = Buffer.from(unsynced.subarray(0, prng.integer(unsynced.length + 1)));
    if (kept.length > 0 && prng.next() < 0.3) {
      const at = kept.length - 1 - prng.integer(Math.min(kept.length, 16));
      kept[at] = (kept[at] as number) ^ 0xff;
    }
    this.#bytes = Buffer.concat([this.#bytes, kept]);
  }
}
