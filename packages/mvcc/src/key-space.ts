import { invariant } from "@drydock/base";
import type { Backend } from "./backend.ts";
import type { KeyState } from "./key-history.ts";
import { KeyIndex } from "./key-index.ts";
import { existsAt, modifiedAt, stateAt } from "./key-record.ts";
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

/**
 * Keys with all their revisions since the last compaction, without a notion of transactions: whoever writes says at which revision. Values lie in the
 * backend, the index from keys to revisions in memory.
 */
export class KeySpace {
  readonly index = new KeyIndex();
  readonly backend: Backend;
  compacted: Revision = 0;

  constructor(backend: Backend) {
    this.backend = backend;
  }

  /** `current` is the revision that 0 stands for, and the last there is. Throws CompactedError or FutureRevisionError. */
  range(range: KeyRange, options: RangeOptions, current: Revision): RangeResult {
    const at = options.revision && options.revision > 0 ? options.revision : current;
    if (at > current) throw new FutureRevisionError();
    if (at < this.compacted) throw new CompactedError(this.compacted);
    const limit = options.limit && options.limit > 0 ? options.limit : Number.POSITIVE_INFINITY;
    const mustSeeAll = options.filter !== undefined || options.sort !== undefined;
    const most = options.isCountOnly ? 0 : mustSeeAll ? Number.POSITIVE_INFINITY : limit;
    const { kvs: found, count } = this.#kvsIn(range, at, most);
    if (options.isCountOnly) return { kvs: found, count, hasMore: false };
    let kvs = found;
    if (options.filter) kvs = kvs.filter(options.filter);
    if (options.sort) kvs.sort(options.sort);
    const hasMore = mustSeeAll ? kvs.length > limit : count > limit;
    return { kvs: kvs.length > limit ? kvs.slice(0, limit) : kvs, count, hasMore };
  }

  /** The key as it was at a revision; undefined when it was not there. */
  stateOf(key: Key, at: Revision): KeyState | undefined {
    const record = this.index.get(key);
    return record === undefined ? undefined : stateAt(record, at);
  }

  /** The value of a key as it was before a change at `main`. */
  before(key: Key, main: Revision): KeyValue | undefined {
    const state = this.stateOf(key, main);
    return state && this.#read(state.modified);
  }

  put(at: RevisionPair, key: Key, value: Uint8Array, lease: LeaseId): StoreEvent {
    const record = this.index.put(key, at);
    const isFirst = typeof record === "number";
    const createRevision = isFirst ? record : record.created;
    const version = isFirst ? 1 : record.version;
    const kv = this.backend.put(at, { key, value, createRevision, modRevision: at.main, version, lease });
    return { type: "put", kv };
  }

  /** The key must be there. */
  delete(at: RevisionPair, key: Key): StoreEvent {
    this.index.tombstone(key, at);
    const kv = { key, value: NO_VALUE, createRevision: 0, modRevision: at.main, version: 0, lease: NO_LEASE };
    return { type: "delete", kv: this.backend.put(at, kv) };
  }

  /** The first `most` keys that were there at `at`, and how many there were. */
  #kvsIn(range: KeyRange, at: Revision, most: number): { kvs: KeyValue[]; count: number } {
    const kvs: KeyValue[] = [];
    if (range.end === undefined) {
      const state = this.stateOf(range.key, at);
      if (state && most > 0) kvs.push(this.#read(state.modified));
      return { kvs, count: state ? 1 : 0 };
    }
    let count = 0;
    const end = range.end === FROM_KEY_END ? undefined : range.end;
    this.index.forEachIn(range.key, end, (record) => {
      if (!existsAt(record, at)) return;
      if (count++ < most) kvs.push(this.#read(modifiedAt(record, at) as RevisionPair));
    });
    return { kvs, count };
  }

  #read(at: RevisionPair): KeyValue {
    const kv = this.backend.get(at);
    invariant(kv !== undefined, "every revision in the index is in the backend", { main: at.main, sub: at.sub });
    return kv;
  }
}

const NO_VALUE = new Uint8Array(0);
