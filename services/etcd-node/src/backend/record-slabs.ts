import type { KeyValue } from "@drydock/mvcc";
import { keyValueLength, writeKeyValue } from "./key-value-codec.ts";
import { RECORD_ROOM } from "./revision-block.ts";

const SLAB_BYTES = 1 << 16;

/** Writes keys with their values one behind the other, each behind the room that a block has for it (`RECORD_ROOM`). What was written stays where it is. */
export class RecordSlabs {
  /** Of the record written last. */
  slab = Buffer.alloc(0);
  start = 0;
  end = 0;
  /** The slab that is being filled: a long record has one of its own. */
  #open = this.slab;
  #at = 0;

  write(kv: KeyValue): void {
    const bytes = RECORD_ROOM + keyValueLength(kv);
    if (bytes > SLAB_BYTES / 8) {
      this.slab = Buffer.allocUnsafeSlow(bytes);
      this.start = RECORD_ROOM;
    } else {
      if (this.#at + bytes > this.#open.length) {
        this.#open = Buffer.allocUnsafeSlow(SLAB_BYTES);
        this.#at = 0;
      }
      this.slab = this.#open;
      this.start = this.#at + RECORD_ROOM;
      this.#at += bytes;
    }
    this.end = this.start + bytes - RECORD_ROOM;
    writeKeyValue(this.slab, this.start, kv);
  }
}
