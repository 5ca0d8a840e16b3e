import type {
  KvOperation,
  KvRequest,
  KvResponse,
  LeaseEvent,
  ListOperation,
  ListRequest,
  LockHold,
  Outcome,
  PastRead,
  WatchHistory,
} from "@drydock/checker";

/** A stretch of time in which something was made to go wrong. */
export interface FaultBand {
  readonly name: string;
  readonly fromMs: number;
  untilMs: number;
}

/** An operation that certainly had no effect: no part of the history, but of the picture. */
export interface Refusal {
  readonly client: string;
  readonly request: KvRequest;
  readonly calledMs: number;
  readonly atMs: number;
  readonly reason: string;
}

/** What the clients of a run did and saw, with times of one monotonic clock. */
export class Recorder {
  readonly operations: KvOperation[] = [];
  readonly lists: ListOperation[] = [];
  readonly pastReads: PastRead[] = [];
  readonly watches: WatchHistory[] = [];
  readonly leaseEvents: LeaseEvent[] = [];
  readonly lockHolds: LockHold[] = [];
  readonly faults: FaultBand[] = [];
  readonly refusals: Refusal[] = [];
  readonly #startMs = performance.now();
  #nextId = 0;

  /** Milliseconds since the run began. */
  nowMs(): number {
    return performance.now() - this.#startMs;
  }

  id(): number {
    return this.#nextId++;
  }

  operation(client: string, request: KvRequest, calledMs: number, outcome: Outcome<KvResponse>): void {
    this.operations.push({ id: this.id(), client, request, calledMs, outcome });
  }

  list(client: string, request: ListRequest, calledMs: number, outcome: ListOperation["outcome"]): void {
    this.lists.push({ id: this.id(), client, request, calledMs, outcome });
  }

  async during<T>(name: string, work: () => Promise<T>): Promise<T> {
    const band: FaultBand = { name, fromMs: this.nowMs(), untilMs: Number.POSITIVE_INFINITY };
    this.faults.push(band);
    try {
      return await work();
    } finally {
      band.untilMs = this.nowMs();
    }
  }
}
