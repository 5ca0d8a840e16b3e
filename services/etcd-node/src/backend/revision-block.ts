import { invariant } from "@drydock/base";
import type { RevisionPair } from "@drydock/mvcc";
import { revisionKey, revisionOf, writeRevisionKey } from "./record-keys.ts";
import { SEAL_BYTES, sealInPlace } from "./sealed-record.ts";

/**
 * Revisions that follow each other lie together in the database, in blocks: a record of its own for each put costs ten times as much. A block's key is its
 * first revision. Its value is, for each revision in order, three 32-bit numbers (little-endian) and the change itself:
 *
 *     the main revision less that of the block's key | the sub-revision | how long the change is | the change
 *
 * For the first, whose revision is the key, the first number's place is the seal's (`sealed-record.ts`) and the second is 0. A value that does not begin with
 * 0 behind its seal is one change alone, which is how each was written before there were blocks.
 */
export const RECORD_ROOM = 12;

/** No longer, unless one change is: seven of them fill a page of the database. */
export const BLOCK_BYTES = 4600;

const SUB_AT = 4;
const LENGTH_AT = 8;
const MAX_DISTANCE = 2 ** 32;

/** Walks through the revisions of a block; `value` is without its seal. `next` goes on to the first one, too. */
export class BlockCursor {
  main: number;
  sub: number;
  /** The span of `value` in which the change lies. */
  start = 0;
  end = 0;
  readonly #value: Buffer;
  readonly #first: number;
  readonly #isBlock: boolean;

  constructor(key: Buffer, value: Buffer) {
    const { main, sub } = revisionOf(key);
    this.#first = main;
    this.main = main;
    this.sub = sub;
    this.#value = value;
    this.#isBlock = value[0] === 0;
  }

  get at(): RevisionPair {
    return { main: this.main, sub: this.sub };
  }

  next(): boolean {
    const value = this.#value;
    if (this.end === value.length) return false;
    if (!this.#isBlock) {
      this.end = value.length;
      return true;
    }
    // The seal, which is not there any more, has the place of the first number.
    const room = this.end === 0 ? -SEAL_BYTES : this.end;
    if (this.end > 0) {
      this.main = this.#first + value.readUInt32LE(room);
      this.sub = value.readUInt32LE(room + SUB_AT);
    }
    this.start = room + RECORD_ROOM;
    this.end = this.start + value.readUInt32LE(room + LENGTH_AT);
    return true;
  }

  /** Goes on to a revision; false when it is not there, nor behind what was seen. */
  find({ main, sub }: RevisionPair): boolean {
    while (this.next()) {
      if (this.main === main && this.sub === sub) return true;
      if (this.main > main || (this.main === main && this.sub > sub)) return false;
    }
    return false;
  }
}

/**
 * Forms blocks of changes that lie one behind the other in a slab, each behind `RECORD_ROOM`, without copying them: what is added must come in order. `put` is
 * given a key that it must not keep, and a sealed record that stays as it is.
 */
export class BlockWriter {
  readonly #put: (key: Buffer, sealed: Buffer) => void;
  readonly #key = revisionKey({ main: 0, sub: 0 });
  #slab: Buffer | undefined;
  #first = 0;
  #start = 0;
  #end = 0;

  constructor(put: (key: Buffer, sealed: Buffer) => void) {
    this.#put = put;
  }

  add(main: number, sub: number, slab: Buffer, start: number, end: number): void {
    const room = start - RECORD_ROOM;
    const distance = main - this.#first;
    const follows = this.#slab === slab && this.#end === room && distance < MAX_DISTANCE;
    if (!follows || end - this.#start > BLOCK_BYTES) {
      this.finish();
      this.#slab = slab;
      this.#first = main;
      this.#start = room;
      writeRevisionKey(this.#key, main, sub);
      slab.writeUInt32LE(0, room + SUB_AT);
    } else {
      slab.writeUInt32LE(distance, room);
      slab.writeUInt32LE(sub, room + SUB_AT);
    }
    slab.writeUInt32LE(end - start, room + LENGTH_AT);
    this.#end = end;
  }

  /** Puts what has been added last. */
  finish(): void {
    if (!this.#slab) return;
    const sealed = this.#slab.subarray(this.#start, this.#end);
    this.#slab = undefined;
    sealInPlace(this.#key, sealed);
    this.#put(this.#key, sealed);
  }
}

export interface Change {
  readonly at: RevisionPair;
  readonly bytes: Buffer;
}

/** Copies changes that lie anywhere into as few blocks as they need. They must be in order. */
export function putInBlocks(changes: readonly Change[], put: (key: Buffer, sealed: Buffer) => void): void {
  const length = changes.reduce((sum, { bytes }) => sum + RECORD_ROOM + bytes.length, 0);
  const slab = Buffer.allocUnsafeSlow(length);
  const writer = new BlockWriter(put);
  let at = 0;
  for (const change of changes) {
    const start = at + RECORD_ROOM;
    at = start + change.bytes.copy(slab, start);
    writer.add(change.at.main, change.at.sub, slab, start, at);
  }
  invariant(at === length, "all changes were copied", { at, length });
  writer.finish();
}
