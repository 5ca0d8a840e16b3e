import type { Backend, LeaseRecord, RevisionMarks } from "./backend.ts";
import type { KeyValue, LeaseId, Revision, RevisionPair } from "./types.ts";

/** Keeps everything in memory, in order: for tests and simulations. */
export class MemoryBackend implements Backend {
  readonly #revisions = new Map<Revision, Map<number, KeyValue>>();
  readonly #leases = new Map<LeaseId, LeaseRecord>();
  #marks: RevisionMarks = { compacted: 0, finished: 0, current: 1 };

  put({ main, sub }: RevisionPair, kv: KeyValue): KeyValue {
    const subs = this.#revisions.get(main) ?? new Map<number, KeyValue>();
    subs.set(sub, kv);
    this.#revisions.set(main, subs);
    return kv;
  }

  get({ main, sub }: RevisionPair): KeyValue | undefined {
    return this.#revisions.get(main)?.get(sub);
  }

  delete({ main, sub }: RevisionPair): void {
    const subs = this.#revisions.get(main);
    subs?.delete(sub);
    if (subs?.size === 0) this.#revisions.delete(main);
  }

  *scan(from: Revision, to = Number.POSITIVE_INFINITY): Iterable<{ at: RevisionPair; kv: KeyValue }> {
    const mains = [...this.#revisions.keys()].filter((main) => main >= from && main < to).sort((a, b) => a - b);
    for (const main of mains) {
      const subs = [...(this.#revisions.get(main) ?? [])].sort(([a], [b]) => a - b);
      for (const [sub, kv] of subs) yield { at: { main, sub }, kv };
    }
  }

  putLease(lease: LeaseRecord): void {
    this.#leases.set(lease.id, lease);
  }

  deleteLease(id: LeaseId): void {
    this.#leases.delete(id);
  }

  leases(): Iterable<LeaseRecord> {
    return this.#leases.values();
  }

  setRevisions(revisions: RevisionMarks): void {
    this.#marks = revisions;
  }

  revisions(): RevisionMarks {
    return this.#marks;
  }
}
