import type { Backend } from "./backend.ts";
import { Compaction } from "./compaction.ts";
import { KeySpace, type RangeOptions, type RangeResult } from "./key-space.ts";
import { Transaction, type WriteTxn } from "./transaction.ts";
import {
  CompactedError,
  FutureRevisionError,
  type Key,
  type KeyRange,
  type KeyValue,
  type LeaseId,
  NO_LEASE,
  type Revision,
  type RevisionPair,
  type StoreEvent,
} from "./types.ts";

/**
 * Keys with all their revisions since the last compaction. Every transaction that changes something makes one new revision. Values
 * lie in the backend; the index from keys to revisions is in memory and rebuilt from the backend at start.
 */
export class Store {
  readonly #keys: KeySpace;
  #current: Revision = 1;
  #compaction: Compaction | undefined;
  /** At which a compaction last came to its end. */
  #finished: Revision = 0;
  /** Keys that had a lease when the store was opened, until somebody has asked. */
  #leasedAtOpening = new Map<Key, LeaseId>();
  #onCommit: (revision: Revision, events: readonly StoreEvent[]) => void = () => {};

  constructor(backend: Backend) {
    this.#keys = new KeySpace(backend);
    this.#restore();
  }

  get revision(): Revision {
    return this.#current;
  }
  get compactedRevision(): Revision {
    return this.#keys.compacted;
  }
  get keyCount(): number {
    return this.#keys.index.size;
  }
  get backend(): Backend {
    return this.#keys.backend;
  }

  /** The keys with a lease as the store was opened. To be asked once, before anything is written. */
  takeLeasedKeys(): ReadonlyMap<Key, LeaseId> {
    const leased = this.#leasedAtOpening;
    this.#leasedAtOpening = new Map();
    return leased;
  }

  /** Told of every transaction that changed something, after it did. */
  onCommit(listener: (revision: Revision, events: readonly StoreEvent[]) => void): void {
    this.#onCommit = listener;
  }

  /** Throws CompactedError or FutureRevisionError. */
  range(range: KeyRange, options: RangeOptions = {}): RangeResult {
    return this.#keys.range(range, options, this.#current);
  }

  /** Runs `work` as one transaction. An error thrown by it before its first change leaves no trace. */
  write<T>(work: (txn: WriteTxn) => T): T {
    const txn = new Transaction(this.#keys, this.#current);
    const result = work(txn);
    if (txn.events.length > 0) {
      this.#current = txn.revision();
      this.#noteRevisions();
      this.#onCommit(this.#current, txn.events);
    }
    return result;
  }

  /**
   * Makes reads before `revision` impossible. What only they could see is there until `goOnCompacting` has forgotten it; an earlier compaction is brought to its end.
   * Throws CompactedError or FutureRevisionError.
   */
  compact(revision: Revision): void {
    // What was never compacted may be, to before its beginning.
    const { compacted, index } = this.#keys;
    if (revision === 0 && compacted === 0) return;
    if (revision <= compacted) throw new CompactedError(compacted);
    if (revision > this.#current) throw new FutureRevisionError();
    this.goOnCompacting();
    this.#keys.compacted = revision;
    this.#compaction = new Compaction(index, revision);
    this.#noteRevisions();
  }

  /** There is still what a compaction has made impossible to read. */
  get isCompacting(): boolean {
    return this.#compaction !== undefined;
  }

  /** Forgets what a compaction has made impossible to read, in so many small steps at most. True while there is more. */
  goOnCompacting(steps = Number.POSITIVE_INFINITY): boolean {
    const compaction = this.#compaction;
    if (!compaction) return false;
    if (compaction.advance(steps, (at) => this.#keys.backend.delete(at))) return true;
    this.#compaction = undefined;
    this.#finished = compaction.revision;
    this.#noteRevisions();
    return false;
  }

  /** The changes of a span of revisions, for watchers that lag. Throws CompactedError. */
  eventsSince(from: Revision, to: Revision): Map<Revision, StoreEvent[]> {
    if (from < this.#keys.compacted) throw new CompactedError(this.#keys.compacted);
    const events = new Map<Revision, StoreEvent[]>();
    for (const { at, kv } of this.#keys.backend.scan(from, to + 1)) {
      const list = events.get(at.main) ?? [];
      list.push({ type: kv.version === 0 ? "delete" : "put", kv });
      events.set(at.main, list);
    }
    return events;
  }

  /** The key's value just before `revision`, if it existed and was not compacted. */
  previous(key: Key, revision: Revision): KeyValue | undefined {
    if (revision <= this.#keys.compacted) return undefined;
    const state = this.#keys.stateOf(key, revision - 1);
    return state && this.#keys.backend.get(state.modified);
  }

  /** Where the key's value of this revision was written; undefined when there was none. */
  writtenAt(key: Key, revision: Revision): RevisionPair | undefined {
    return this.#keys.stateOf(key, revision)?.modified;
  }

  #noteRevisions(): void {
    const { backend, compacted } = this.#keys;
    backend.setRevisions({ compacted, finished: this.#finished, current: this.#current });
  }

  #restore(): void {
    const { backend, index } = this.#keys;
    const { compacted, finished, current } = backend.revisions();
    this.#keys.compacted = compacted;
    this.#finished = finished;
    this.#current = Math.max(1, current);
    const leased = this.#leasedAtOpening;
    for (const { at, kv } of backend.scan(0)) {
      const { key, version, lease } = kv;
      index.restore(key, at, kv.createRevision, version);
      if (lease !== NO_LEASE) leased.set(key, lease);
      else if (leased.size > 0) leased.delete(key);
      this.#current = Math.max(this.#current, at.main);
    }
    if (finished < compacted) this.#compaction = new Compaction(index, compacted);
  }
}
