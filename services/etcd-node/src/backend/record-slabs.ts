import type { KeyValue } from "@drydock/mvcc";
import { keyValueLength, writeKeyValue } from "./key-value-codec.ts";
import { SEAL_BYTES } from "./sealed-record.ts";

const SLAB_BYTES = 1 << 16;

/** Writes keys with their values one behind the other, each behind room for a seal (`sealInPlace`). What was written stays where it is. */
export class RecordSlabs {
  /** Of the record written last. */
  slab = Buffer.alloc(0);
  start = 0;
  end = 0;
  /** The slab that is being filled: a long record has one of its own. */
  #open = this.slab;
  #at = 0;

  write(kv: KeyValue): void {
    const bytes = SEAL_BYTES + keyValueLength(kv);
    if (bytes > SLAB_BYTES / 8) {
      this.slab = Buffer.allocUnsafeSlow(bytes);
      this.start = SEAL_BYTES;
    } else {
      if (this.#at + bytes > this.#open.length) {
        this.#open = Buffer.allocUnsafeSlow(SLAB_BYTES);
        this.#at = 0;
      }
      this.slab = this.#open;
      this.start = this.#at + SEAL_BYTES;
      this.#at += bytes;
    }
    this.end = this.start + bytes - SEAL_BYTES;
    writeKeyValue(this.slab, this.start, kv);
  }
}
