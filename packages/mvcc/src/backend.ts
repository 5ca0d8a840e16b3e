import type { KeyValue, LeaseId, Revision, RevisionPair } from "./types.ts";

/** What is remembered of a lease. */
export interface LeaseRecord {
  readonly id: LeaseId;
  readonly ttlSeconds: number;
  readonly remainingSeconds?: number;
}

/** Where a store stands. A deletion may leave no record behind, so the records alone do not tell. */
export interface RevisionMarks {
  /** At which it was last compacted, 0 for never: what lies before cannot be read. */
  readonly compacted: Revision;
  /** At which it was last compacted to the end: behind `compacted` while there still is what nobody can read. */
  readonly finished: Revision;
  readonly current: Revision;
}

/** Revisions and leases on their way to the disk. A deletion is a KeyValue of version 0. */
export interface Backend {
  /** The same key and value in the form in which the backend keeps it, for whoever passes it on. */
  put(at: RevisionPair, kv: KeyValue): KeyValue;
  get(at: RevisionPair): KeyValue | undefined;
  delete(at: RevisionPair): void;
  /** From revision `from` on (and before `to`), in order of main, then sub. */
  scan(from: Revision, to?: Revision): Iterable<{ at: RevisionPair; kv: KeyValue }>;
  putLease(lease: LeaseRecord): void;
  deleteLease(id: LeaseId): void;
  leases(): Iterable<LeaseRecord>;
  setRevisions(revisions: RevisionMarks): void;
  revisions(): RevisionMarks;
}
