import type { KeyValue, LeaseId, Revision, RevisionPair } from "./types.ts";

/** What is remembered of a lease. */
export interface LeaseRecord {
  readonly id: LeaseId;
  readonly ttlSeconds: number;
  readonly remainingSeconds?: number;
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
  /** The revision the store was last compacted at, 0 for never; and the one it stands at (a deletion may leave no record behind). */
  setRevisions(revisions: { compacted: Revision; current: Revision }): void;
  revisions(): { compacted: Revision; current: Revision };
}
