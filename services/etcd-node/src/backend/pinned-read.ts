import type { RootDatabase, Transaction } from "lmdb";
import { unpack } from "msgpackr";
import type { AppliedMark } from "./lmdb-backend.ts";
import { kindRange, MARK_APPLIED } from "./record-keys.ts";

export interface RawRecord {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** One read transaction: every read of it sees the same state. What has gathered and is not written is not in it. */
export class PinnedRead {
  readonly released: Promise<void>;
  readonly #database: RootDatabase<Buffer, Buffer>;
  readonly #transaction: Transaction;
  readonly #onRelease: () => void;
  #isReleased = false;

  constructor(database: RootDatabase<Buffer, Buffer>) {
    this.#database = database;
    this.#transaction = database.useReadTransaction();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.released = promise;
    this.#onRelease = resolve;
  }

  get(key: Buffer): Buffer | undefined {
    this.#expectPinned();
    const value = this.#database.get(key, { transaction: this.#transaction });
    return value && Buffer.from(value);
  }

  /** How far the state had got. */
  get mark(): AppliedMark | undefined {
    const bytes = this.get(MARK_APPLIED);
    return bytes && (unpack(bytes) as AppliedMark);
  }

  /** All records, in order. Throws once it was released, in the midst of them too. */
  records(): Iterable<RawRecord> {
    return this.#range({});
  }

  /** Those of one kind. */
  recordsOf(kind: string): Iterable<RawRecord> {
    return this.#range(kindRange(kind));
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#transaction.done();
    this.#onRelease();
  }

  [Symbol.dispose](): void {
    this.release();
  }

  *#range(bounds: { start?: Buffer; end?: Buffer }): Iterable<RawRecord> {
    this.#expectPinned();
    const rows = this.#database.getRange({ ...bounds, transaction: this.#transaction })[Symbol.iterator]();
    for (let row = rows.next(); !row.done; row = rows.next()) {
      yield { key: Buffer.from(row.value.key), value: Buffer.from(row.value.value) };
      this.#expectPinned();
    }
  }

  #expectPinned(): void {
    if (this.#isReleased) throw new Error("the database was closed while it was read");
  }
}
