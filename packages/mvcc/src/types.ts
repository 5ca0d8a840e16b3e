/** A key as a binary string, one character a byte (0–255): compares in byte order and is cheap to hash. */
export type Key = string;

/** Counts write transactions; 1 is the state of an empty store. */
export type Revision = number;

/** A lease's id, decimal text (they have 64 bits). */
export type LeaseId = string;
export const NO_LEASE: LeaseId = "0";

/** One change inside one transaction: `sub` counts the changes of transaction `main` from 0. */
export interface RevisionPair {
  readonly main: Revision;
  readonly sub: number;
}

export interface KeyValue {
  readonly key: Key;
  readonly value: Uint8Array;
  readonly createRevision: Revision;
  readonly modRevision: Revision;
  /** Changes since the key was created; 1 for the first. 0 marks a deletion. */
  readonly version: number;
  readonly lease: LeaseId;
}

export interface StoreEvent {
  readonly type: "put" | "delete";
  readonly kv: KeyValue;
}

/** `end` absent: the one key. `end` "\0": every key from `key` on. Otherwise key ≤ k < end. */
export interface KeyRange {
  readonly key: Key;
  readonly end?: Key;
}

export const FROM_KEY_END: Key = "\0";

export function inRange(key: Key, range: KeyRange): boolean {
  if (range.end === undefined) return key === range.key;
  return key >= range.key && (range.end === FROM_KEY_END || key < range.end);
}

/** The revision asked for is gone; 0 when nothing was compacted yet. */
export class CompactedError extends Error {
  override readonly name = "CompactedError";
  readonly compactRevision: Revision;
  constructor(compactRevision: Revision) {
    super("required revision has been compacted");
    this.compactRevision = compactRevision;
  }
}

/** The revision asked for is not there yet. */
export class FutureRevisionError extends Error {
  override readonly name = "FutureRevisionError";
  constructor() {
    super("required revision is a future revision");
  }
}
