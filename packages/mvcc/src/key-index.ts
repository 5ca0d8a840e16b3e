import type { KeyHistory } from "./key-history.ts";
import { afterDeletion, afterPut, afterRestore, type KeyRecord } from "./key-record.ts";
import { OrderedMap } from "./ordered-map.ts";
import type { Key, Revision, RevisionPair } from "./types.ts";

/**
 * From keys, in their order, to where their values lie. Keys that were changed are in a table besides, since what was changed is changed again; one that
 * was put once takes 16 octets and itself.
 */
export class KeyIndex {
  readonly #records = new OrderedMap<KeyRecord>();
  /** Those of the records that are histories. */
  readonly #histories = new Map<Key, KeyHistory>();

  get size(): number {
    return this.#records.size;
  }

  get(key: Key): KeyRecord | undefined {
    return this.#histories.get(key) ?? this.#records.get(key);
  }

  /** Returns the record after the put. */
  put(key: Key, at: RevisionPair): KeyRecord {
    const history = this.#histories.get(key);
    if (!history) return this.#update(key, (record) => afterPut(record, at));
    history.put(at);
    return history;
  }

  /** The key is deleted; it must be there. */
  tombstone(key: Key, at: RevisionPair): void {
    this.#update(key, (record) => afterDeletion(record, at));
  }

  /** One more revision that the backend tells of when the store is opened; `version` 0 is a deletion. */
  restore(key: Key, at: RevisionPair, created: Revision, version: number): void {
    this.#update(key, (record) => afterRestore(record, at, created, version));
  }

  /** Visits the records of those with from ≤ key, and key < to where `to` is given, in order. */
  forEachIn(from: Key, to: Key | undefined, visit: (record: KeyRecord) => void): void {
    this.#records.forEachIn(from, to, visit);
  }

  /** Forgets what no read at `revision` or later can see, key by key; tells which revisions of each the backend may drop. Keys may change between two. */
  *compact(revision: Revision): Generator<readonly RevisionPair[]> {
    for (const [key, history] of this.#histories) {
      const dropped = history.compact(revision);
      if (history.isEmpty) {
        this.#histories.delete(key);
        this.#records.delete(key);
      }
      yield dropped;
    }
  }

  #update(key: Key, change: (present: KeyRecord | undefined) => KeyRecord): KeyRecord {
    const record = this.#records.update(key, change);
    if (typeof record === "object") this.#histories.set(key, record);
    return record;
  }
}
