import type { Backend, KeyValue, LeaseId, LeaseRecord, Revision, RevisionMarks, RevisionPair } from "@drydock/mvcc";
import type { Configuration, LogIndex, Term } from "@drydock/raft";

/** How far the log has been applied: durable together with what it led to. */
export interface AppliedMark {
  readonly index: LogIndex;
  readonly term: Term;
  readonly configuration: Configuration;
}

/** Everything a state consists of. Records are never changed, so that a copy of the maps is a copy of the state. */
export interface StateImage {
  readonly records: ReadonlyMap<number, KeyValue>;
  readonly leases: ReadonlyMap<LeaseId, LeaseRecord>;
  readonly revisions: RevisionMarks;
  readonly mark: AppliedMark | undefined;
}

export const EMPTY_IMAGE: StateImage = {
  records: new Map(),
  leases: new Map(),
  revisions: { compacted: 0, finished: 0, current: 1 },
  mark: undefined,
};

/** Changes a transaction: more than the simulation's requests make. */
const SUBS = 64;

/** A backend whose changes gather in memory: `flush` makes an image of them that survives a crash. */
export class SimBackend implements Backend {
  readonly #records: Map<number, KeyValue>;
  /** Positions in order; new ones nearly always come last. */
  #order: number[];
  readonly #leases: Map<LeaseId, LeaseRecord>;
  #revisions: RevisionMarks;
  mark: AppliedMark | undefined;
  #durable: StateImage;

  constructor(image: StateImage) {
    this.#durable = image;
    this.#records = new Map(image.records);
    this.#order = [...image.records.keys()].sort((a, b) => a - b);
    this.#leases = new Map(image.leases);
    this.#revisions = image.revisions;
    this.mark = image.mark;
  }

  /** What a crash leaves. */
  get durable(): StateImage {
    return this.#durable;
  }

  image(): StateImage {
    return {
      records: new Map(this.#records),
      leases: new Map(this.#leases),
      revisions: this.#revisions,
      mark: this.mark,
    };
  }

  flush(): void {
    this.#durable = this.image();
  }

  put(at: RevisionPair, kv: KeyValue): KeyValue {
    const position = positionOf(at);
    if (!this.#records.has(position)) this.#order.splice(lowerBound(this.#order, position), 0, position);
    this.#records.set(position, kv);
    return kv;
  }

  get(at: RevisionPair): KeyValue | undefined {
    return this.#records.get(positionOf(at));
  }

  delete(at: RevisionPair): void {
    const position = positionOf(at);
    if (this.#records.delete(position)) this.#order.splice(lowerBound(this.#order, position), 1);
  }

  *scan(from: Revision, to = Number.MAX_SAFE_INTEGER / SUBS): Iterable<{ at: RevisionPair; kv: KeyValue }> {
    for (let index = lowerBound(this.#order, from * SUBS); index < this.#order.length; index++) {
      const position = this.#order[index] as number;
      if (position >= to * SUBS) return;
      yield {
        at: { main: Math.floor(position / SUBS), sub: position % SUBS },
        kv: this.#records.get(position) as KeyValue,
      };
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
    this.#revisions = revisions;
  }

  revisions(): RevisionMarks {
    return this.#revisions;
  }
}

function positionOf({ main, sub }: RevisionPair): number {
  return main * SUBS + sub;
}

function lowerBound(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
