import type { KeySpace, RangeOptions, RangeResult } from "./key-space.ts";
import type { Key, KeyRange, KeyValue, LeaseId, Revision, StoreEvent } from "./types.ts";

/** Changes inside one transaction; all get the same main revision. */
export interface WriteTxn {
  range(range: KeyRange, options?: RangeOptions): RangeResult;
  /** `previous` only where it is wanted. */
  put(key: Key, value: Uint8Array, lease: LeaseId, wantsPrevious?: boolean): { previous: KeyValue | undefined };
  deleteRange(range: KeyRange): { previous: readonly KeyValue[] };
  /** Its own once it has changed something, until then that of the store. */
  revision(): Revision;
}

const NOTHING: readonly StoreEvent[] = [];

/** A transaction under way: what it changes is in the key space at once, under the revision that is the store's when it ends. */
export class Transaction implements WriteTxn {
  readonly #keys: KeySpace;
  readonly #before: Revision;
  #events: StoreEvent[] | undefined;

  /** `before` is the revision of the store as it begins. */
  constructor(keys: KeySpace, before: Revision) {
    this.#keys = keys;
    this.#before = before;
  }

  /** Its changes so far, in order. */
  get events(): readonly StoreEvent[] {
    return this.#events ?? NOTHING;
  }

  /** It sees its own changes. */
  range(range: KeyRange, options: RangeOptions = {}): RangeResult {
    return this.#keys.range(range, options, this.revision());
  }

  put(key: Key, value: Uint8Array, lease: LeaseId, wantsPrevious = false): { previous: KeyValue | undefined } {
    const main = this.#before + 1;
    const previous = wantsPrevious ? this.#keys.before(key, main) : undefined;
    this.#note(this.#keys.put({ main, sub: this.events.length }, key, value, lease));
    return { previous };
  }

  deleteRange(range: KeyRange): { previous: readonly KeyValue[] } {
    const main = this.#before + 1;
    const previous = this.#keys.range(range, {}, main).kvs;
    for (const { key } of previous) this.#note(this.#keys.delete({ main, sub: this.events.length }, key));
    return { previous };
  }

  revision(): Revision {
    return this.#events ? this.#before + 1 : this.#before;
  }

  /** Nearly all make one change: an empty list that grows takes room for seventeen. */
  #note(event: StoreEvent): void {
    if (this.#events) this.#events.push(event);
    else this.#events = [event];
  }
}
