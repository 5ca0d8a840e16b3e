import type { Revision, RevisionPair } from "@drydock/mvcc";
import type { RootDatabase, Transaction } from "lmdb";
import { unpack } from "msgpackr";
import type { StoredKeyValue } from "./key-value-codec.ts";
import type { AppliedMark } from "./lmdb-backend.ts";
import { kindRange, MARK_APPLIED } from "./record-keys.ts";
import { RevisionRecords } from "./revision-records.ts";
import { unseal } from "./sealed-record.ts";

export interface RawRecord {
  readonly key: Buffer;
  readonly value: Buffer;
}

/**
 * Who has begun a read stands in the lock file's account of readers, by which the offline tool knows that a member runs. A transaction that ends while
 * nobody else reads takes that entry with it; one that begins before has an entry of its own.
 */
export function stayReader(database: RootDatabase<Buffer, Buffer>): void {
  database.get(MARK_APPLIED);
}

/** One read transaction: every read of it sees the same state. What has gathered and is not written is not in it. */
export class PinnedRead {
  readonly released: Promise<void>;
  readonly #database: RootDatabase<Buffer, Buffer>;
  readonly #path: string;
  readonly #transaction: Transaction;
  readonly #onRelease: () => void;
  #isReleased = false;

  constructor(database: RootDatabase<Buffer, Buffer>, path: string) {
    this.#database = database;
    this.#path = path;
    this.#transaction = database.useReadTransaction();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.released = promise;
    this.#onRelease = resolve;
  }

  get(key: Buffer): Buffer | undefined {
    this.#expectPinned();
    const sealed = this.#database.get(key, { transaction: this.#transaction });
    return sealed && Buffer.from(unseal(key, sealed, this.#path));
  }

  /** How far the state had got. */
  get mark(): AppliedMark | undefined {
    const bytes = this.get(MARK_APPLIED);
    return bytes && (unpack(bytes) as AppliedMark);
  }

  /** All records, seal and all, in order. Throws once it was released, in the midst of them too. */
  records(): Iterable<RawRecord> {
    return this.#range({});
  }

  /** Those of one kind, without the seal. Throws CorruptBackendError too. */
  *recordsOf(kind: string): Iterable<RawRecord> {
    for (const { key, value } of this.#range(kindRange(kind))) yield { key, value: unseal(key, value, this.#path) };
  }

  /** Revisions before `to`, in order. Throws CorruptBackendError too. */
  *revisions(to: Revision): Iterable<{ at: RevisionPair; kv: StoredKeyValue }> {
    this.#expectPinned();
    for (const change of new RevisionRecords(this.#database, this.#path, this.#transaction).scan(0, to)) {
      yield change;
      this.#expectPinned();
    }
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    stayReader(this.#database);
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
