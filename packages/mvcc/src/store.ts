import { invariant } from "@drydock/base";
import type { Backend } from "./backend.ts";
import type { KeyState } from "./key-history.ts";
import { KeyIndex } from "./key-index.ts";
import { existsAt, stateAt } from "./key-record.ts";
import {
  CompactedError,
  FROM_KEY_END,
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

export interface RangeOptions {
  /** 0 for the present. */
  readonly revision?: Revision;
  /** 0 for all. */
  readonly limit?: number;
  readonly isCountOnly?: boolean;
  /** Only kvs that pass are returned (and counted in `more`'s favour, but not in `count`, as in etcd). */
  readonly filter?: (kv: KeyValue) => boolean;
  /** Sorting other than by key, ascending, needs everything before the limit applies. */
  readonly sort?: (a: KeyValue, b: KeyValue) => number;
}

export interface RangeResult {
  readonly kvs: readonly KeyValue[];
  /** Keys in the range, whatever the limit. */
  readonly count: number;
  readonly hasMore: boolean;
}

/** Changes inside one transaction; all get the same main revision. */
export interface WriteTxn {
  range(range: KeyRange, options?: RangeOptions): RangeResult;
  /** `previous` only where it is wanted. */
  put(key: Key, value: Uint8Array, lease: LeaseId, wantsPrevious?: boolean): { previous: KeyValue | undefined };
  deleteRange(range: KeyRange): { previous: readonly KeyValue[] };
  /** Its own once it has changed something, until then that of the store. */
  revision(): Revision;
}

/**
 * Keys with all their revisions since the last compaction. Every transaction that changes something makes one new revision. Values
 * lie in the backend; the index from keys to revisions is in memory and rebuilt from the backend at start.
 */
export class Store {
  readonly #backend: Backend;
  readonly #index = new KeyIndex();
  #current: Revision = 1;
  #compacted: Revision = 0;
  /** Keys that had a lease when the store was opened, until somebody has asked. */
  #leasedAtOpening = new Map<Key, LeaseId>();
  #onCommit: (revision: Revision, events: readonly StoreEvent[]) => void = () => {};

  constructor(backend: Backend) {
    this.#backend = backend;
    this.#restore();
  }

  get revision(): Revision {
    return this.#current;
  }
  get compactedRevision(): Revision {
    return this.#compacted;
  }
  get keyCount(): number {
    return this.#index.size;
  }
  get backend(): Backend {
    return this.#backend;
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
    return this.#range(range, options, this.#current);
  }

  /** Runs `work` as one transaction. An error thrown by it before its first change leaves no trace. */
  write<T>(work: (txn: WriteTxn) => T): T {
    const main = this.#current + 1;
    const events: StoreEvent[] = [];
    const revision = () => (events.length > 0 ? main : this.#current);
    // Made for each write: an accessor among its members would cost more than a put.
    const txn: WriteTxn = {
      revision,
      // A transaction sees its own changes.
      range: (range, options = {}) => this.#range(range, options, revision()),
      put: (key, value, lease, wantsPrevious = false) =>
        this.#put({ main, sub: events.length }, key, value, lease, wantsPrevious, events),
      deleteRange: (range) => this.#deleteRange(main, range, events),
    };
    const result = work(txn);
    if (events.length > 0) {
      this.#current = main;
      this.#backend.setRevisions({ compacted: this.#compacted, current: main });
      this.#onCommit(main, events);
    }
    return result;
  }

  /** Makes reads before `revision` impossible and gives back their space. */
  compact(revision: Revision): void {
    // What was never compacted may be, to before its beginning.
    if (revision === 0 && this.#compacted === 0) return;
    if (revision <= this.#compacted) throw new CompactedError(this.#compacted);
    if (revision > this.#current) throw new FutureRevisionError();
    this.#compacted = revision;
    this.#backend.setRevisions({ compacted: revision, current: this.#current });
    this.#index.compact(revision, (at) => this.#backend.delete(at));
  }

  /** The changes of a span of revisions, for watchers that lag. Throws CompactedError. */
  eventsSince(from: Revision, to: Revision): Map<Revision, StoreEvent[]> {
    if (from < this.#compacted) throw new CompactedError(this.#compacted);
    const events = new Map<Revision, StoreEvent[]>();
    for (const { at, kv } of this.#backend.scan(from, to + 1)) {
      const list = events.get(at.main) ?? [];
      list.push({ type: kv.version === 0 ? "delete" : "put", kv });
      events.set(at.main, list);
    }
    return events;
  }

  /** The key's value just before `revision`, if it existed and was not compacted. */
  previous(key: Key, revision: Revision): KeyValue | undefined {
    const state = this.#stateOf(key, revision - 1);
    return state && this.#backend.get(state.modified);
  }

  /** Where the key's value of this revision was written; undefined when there was none. */
  writtenAt(key: Key, revision: Revision): RevisionPair | undefined {
    return this.#stateOf(key, revision)?.modified;
  }

  #range(range: KeyRange, options: RangeOptions, current: Revision): RangeResult {
    const at = options.revision && options.revision > 0 ? options.revision : current;
    if (at > current) throw new FutureRevisionError();
    if (at < this.#compacted) throw new CompactedError(this.#compacted);
    const limit = options.limit && options.limit > 0 ? options.limit : Number.POSITIVE_INFINITY;
    const mustSeeAll = options.filter !== undefined || options.sort !== undefined;
    const most = options.isCountOnly ? 0 : mustSeeAll ? Number.POSITIVE_INFINITY : limit;
    const { states, count } = this.#statesIn(range, at, most);
    if (options.isCountOnly) return { kvs: [], count, hasMore: false };
    let kvs = states.map((state) => this.#read(state.modified));
    if (options.filter) kvs = kvs.filter(options.filter);
    if (options.sort) kvs.sort(options.sort);
    const hasMore = mustSeeAll ? kvs.length > limit : count > limit;
    return { kvs: kvs.length > limit ? kvs.slice(0, limit) : kvs, count, hasMore };
  }

  /** The first `most` keys that were there at `at`, and how many there were. */
  #statesIn(range: KeyRange, at: Revision, most = Number.POSITIVE_INFINITY): { states: KeyState[]; count: number } {
    const states: KeyState[] = [];
    if (range.end === undefined) {
      const state = this.#stateOf(range.key, at);
      if (state && most > 0) states.push(state);
      return { states, count: state ? 1 : 0 };
    }
    let count = 0;
    const end = range.end === FROM_KEY_END ? undefined : range.end;
    this.#index.forEachIn(range.key, end, (record) => {
      if (!existsAt(record, at)) return;
      if (count++ < most) states.push(stateAt(record, at) as KeyState);
    });
    return { states, count };
  }

  #stateOf(key: Key, at: Revision): KeyState | undefined {
    const record = this.#index.get(key);
    return record === undefined ? undefined : stateAt(record, at);
  }

  #put(
    at: RevisionPair,
    key: Key,
    value: Uint8Array,
    lease: LeaseId,
    wantsPrevious: boolean,
    events: StoreEvent[],
  ): { previous: KeyValue | undefined } {
    const before = wantsPrevious ? this.#stateOf(key, at.main) : undefined;
    const previous = before && this.#read(before.modified);
    const record = this.#index.put(key, at);
    const { created, version } = typeof record === "number" ? { created: record, version: 1 } : record;
    const kv = { key, value, createRevision: created, modRevision: at.main, version, lease };
    events.push({ type: "put", kv: this.#backend.put(at, kv) });
    return { previous };
  }

  #deleteRange(main: Revision, range: KeyRange, events: StoreEvent[]): { previous: readonly KeyValue[] } {
    const { states } = this.#statesIn(range, main);
    const previous = states.map((state) => this.#read(state.modified));
    for (const { key } of previous) {
      const at = { main, sub: events.length };
      this.#index.tombstone(key, at);
      const kv = { key, value: new Uint8Array(0), createRevision: 0, modRevision: main, version: 0, lease: NO_LEASE };
      events.push({ type: "delete", kv: this.#backend.put(at, kv) });
    }
    return { previous };
  }

  #read(at: RevisionPair): KeyValue {
    const kv = this.#backend.get(at);
    invariant(kv !== undefined, "every revision in the index is in the backend", { main: at.main, sub: at.sub });
    return kv;
  }

  #restore(): void {
    const { compacted, current } = this.#backend.revisions();
    this.#compacted = compacted;
    this.#current = Math.max(1, current);
    const leased = this.#leasedAtOpening;
    for (const { at, kv } of this.#backend.scan(0)) {
      const { key, version, lease } = kv;
      this.#index.restore(key, at, kv.createRevision, version);
      if (lease !== NO_LEASE) leased.set(key, lease);
      else if (leased.size > 0) leased.delete(key);
      this.#current = Math.max(this.#current, at.main);
    }
  }
}
