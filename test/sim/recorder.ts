import type { KvOperation, KvRequest, KvResponse, LeaseEvent, Outcome, PastRead, WatchHistory } from "@drydock/checker";

/** What the clients of one run did and saw. */
export class Recorder {
  readonly operations: KvOperation[] = [];
  readonly pastReads: PastRead[] = [];
  readonly watches: WatchHistory[] = [];
  readonly leaseEvents: LeaseEvent[] = [];
  #nextId = 0;

  id(): number {
    return this.#nextId++;
  }

  operation(client: string, request: KvRequest, calledMs: number, outcome: Outcome<KvResponse>): void {
    this.operations.push({ id: this.id(), client, request, calledMs, outcome });
  }
}
