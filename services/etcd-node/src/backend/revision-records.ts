import { compareRevisions, type Revision, type RevisionPair } from "@drydock/mvcc";
import type { RootDatabase, Transaction } from "lmdb";
import type { GatheredChanges } from "./gathered-changes.ts";
import { StoredKeyValue } from "./key-value-codec.ts";
import { KIND, kindRange, revisionKey, revisionRange } from "./record-keys.ts";
import { BlockCursor, BlockWriter, type Change, putInBlocks } from "./revision-block.ts";
import { unseal } from "./sealed-record.ts";

type Database = RootDatabase<Buffer, Buffer>;

interface Block {
  readonly key: Buffer;
  /** Without the seal. */
  readonly value: Buffer;
}

/** The revisions in a database, whose name is for errors. All that read throw CorruptBackendError. */
export class RevisionRecords {
  readonly #database: Database;
  readonly #path: string;
  readonly #transaction: Transaction | undefined;
  /** What is read next is often in the same block; a revision's value never changes. */
  #last: Block | undefined;

  /** With a transaction, what it sees is read. */
  constructor(database: Database, path: string, transaction?: Transaction) {
    this.#database = database;
    this.#path = path;
    this.#transaction = transaction;
  }

  /** A view of one change in its block. */
  get(at: RevisionPair): Buffer | undefined {
    const found = this.#last && findIn(this.#last, at);
    if (found) return found;
    this.#last = this.#blockOf(at);
    return this.#last && findIn(this.#last, at);
  }

  /** From `from` on and before `to`, in order. */
  *scan(from: Revision, to: Revision): Iterable<{ at: RevisionPair; kv: StoredKeyValue }> {
    const first = from > 0 ? this.#blockOf({ main: from, sub: 0 })?.key : undefined;
    const bounds = revisionRange(from, to);
    const rows = this.#rows({ start: first ?? bounds.start, end: bounds.end });
    for (const { key, value } of rows) {
      const changes = unseal(key, value, this.#path);
      const cursor = new BlockCursor(key, changes);
      while (cursor.next()) {
        if (cursor.main >= to) return;
        if (cursor.main >= from) yield { at: cursor.at, kv: new StoredKeyValue(changes, cursor.start, cursor.end) };
      }
    }
  }

  /** Writes what has gathered and deletes what is to be deleted, which may be gone already. All of it is one transaction, for the caller to await. */
  write(changes: GatheredChanges): void {
    const deletions = [...changes.deletions];
    // First what reads and may find damage: revisions must not be there without the mark that the caller writes behind them.
    this.#delete(deletions.filter(({ main }) => main < changes.firstRevision));
    // LMDB copies a key at once, and keeps the value.
    const writer = new BlockWriter((key, sealed) => void this.#database.put(key, sealed));
    changes.forEachRevision((main, sub, slab, start, end) => {
      if (deletions.length === 0 || !changes.isDeleted({ main, sub })) writer.add(main, sub, slab, start, end);
    });
    writer.finish();
  }

  /** What else is in the blocks of those that are in the database is written anew. */
  #delete(deletions: readonly RevisionPair[]): void {
    const sorted = [...deletions].sort(compareRevisions);
    for (let done = 0; done < sorted.length; ) done = Math.max(done + 1, this.#deleteFrom(sorted, done));
  }

  /**
   * From the block of the one at `first` on through its neighbours, as long as each has something to be deleted: what a compaction forgets lies close
   * together, and looking each block up takes three times as long. Returns which is the first that is not behind it.
   */
  #deleteFrom(deletions: readonly RevisionPair[], first: number): number {
    const start = this.#blockOf(deletions[first] as RevisionPair)?.key;
    let next = first;
    for (const { key, value } of start ? this.#rows({ start, end: kindRange(KIND.revision).end }) : []) {
      const before = next;
      next = this.#deleteIn({ key, value: unseal(key, value, this.#path) }, deletions, before);
      if (next === before || next === deletions.length) break;
    }
    return next;
  }

  /** Those from the one at `first` on that the block may have. Returns which is the first that lies behind it. */
  #deleteIn({ key, value }: Block, deletions: readonly RevisionPair[], first: number): number {
    const kept: Change[] = [];
    let next = first;
    let count = 0;
    for (const cursor = new BlockCursor(key, value); cursor.next(); count++) {
      while (next < deletions.length && isBefore(deletions[next] as RevisionPair, cursor)) next++;
      const deletion = deletions[next];
      if (deletion && !isBefore(cursor, deletion)) next++;
      else kept.push({ at: cursor.at, bytes: value.subarray(cursor.start, cursor.end) });
    }
    if (kept.length < count) {
      if (kept.length === 0 || !revisionKey((kept[0] as Change).at).equals(key)) void this.#database.remove(key);
      putInBlocks(kept, (newKey, sealed) => void this.#database.put(newKey, sealed));
    }
    return next;
  }

  /** The one that has a revision, if any has. */
  #blockOf(at: RevisionPair): Block | undefined {
    const bounds = { start: revisionKey(at), end: kindRange(KIND.revision).start, reverse: true, limit: 1 };
    for (const { key, value } of this.#rows(bounds)) return { key, value: unseal(key, value, this.#path) };
    return undefined;
  }

  #rows(bounds: { start: Buffer; end: Buffer; reverse?: boolean; limit?: number }) {
    return this.#database.getRange(this.#transaction ? { ...bounds, transaction: this.#transaction } : bounds);
  }
}

function findIn({ key, value }: Block, at: RevisionPair): Buffer | undefined {
  const cursor = new BlockCursor(key, value);
  return cursor.find(at) ? value.subarray(cursor.start, cursor.end) : undefined;
}

function isBefore(a: RevisionPair, b: RevisionPair): boolean {
  return a.main < b.main || (a.main === b.main && a.sub < b.sub);
}
