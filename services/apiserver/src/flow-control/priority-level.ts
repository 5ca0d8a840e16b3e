import type { Clock } from "@drydock/base";
import type { V1PriorityLevelConfiguration } from "@drydock/kube-api";
import { type FlowRequest, seatsOf } from "./flow.ts";
import { LevelTimings } from "./metrics/level-timings.ts";
import { QueueSet, type RejectionReason, type Ticket } from "./queueing/queue-set.ts";
import { hashFlow } from "./queueing/shuffle-sharding.ts";
import { RetryAfter } from "./retry-after.ts";
import type { SeatLimits } from "./seats/plan-limits.ts";
import { type DemandStats, SeatDemand } from "./seats/seat-demand.ts";

type FlowTicket = Ticket<FlowRequest>;

/** What becomes of a request that asks for a seat. */
export type Entry =
  | { readonly kind: "seat"; leave(): void }
  | { readonly kind: "rejected"; readonly reason: RejectionReason };

/** A request has at most this part of what its level is promised. */
const SEATS_PART_MAX = 0.15;

/** The requests of one PriorityLevelConfiguration: those that wait and those that are worked on. */
export class PriorityLevel {
  readonly name: string;
  readonly isExempt: boolean;
  uid = "";
  /** Its object is gone; what it still has is finished. */
  isQuiescing = false;
  limits: SeatLimits = { nominal: 0, lower: 0, upper: 0 };
  /** Seats until the next adjustment; of an exempt level no limit, but what others cannot have. */
  currentSeats = 0;
  targetSeats = 0;
  smoothedDemand = 0;
  readonly demand: SeatDemand;
  readonly timings: LevelTimings;
  readonly queueSet: QueueSet<FlowRequest>;
  readonly running = new Set<FlowRequest>();
  readonly retryAfter = new RetryAfter();
  /** Of the last period. */
  stats: DemandStats = { average: 0, deviation: 0, highWatermark: 0 };
  #handSize = 0;
  #exemptSeats = 0;
  #waitingMax = 0;
  readonly counts = { dispatched: 0, rejected: 0, timedOut: 0, cancelled: 0 };
  readonly #clock: Clock;
  readonly #waitLimitMs: number;

  constructor(name: string, isExempt: boolean, clock: Clock, waitLimitMs: number) {
    this.name = name;
    this.isExempt = isExempt;
    this.#clock = clock;
    this.#waitLimitMs = waitLimitMs;
    this.demand = new SeatDemand(clock);
    this.timings = new LevelTimings(clock);
    this.queueSet = new QueueSet(clock, (seats) => this.#changed(seats));
  }

  get isIdle(): boolean {
    return this.running.size === 0 && this.queueSet.isIdle;
  }

  /** Of one request; 0 for as many as it likes. */
  get maxSeats(): number {
    if (this.#handSize === 0) return 0;
    const { nominal } = this.limits;
    return Math.max(1, Math.min(Math.ceil(nominal * SEATS_PART_MAX), Math.floor(nominal / this.#handSize)));
  }

  configure({ metadata, spec }: V1PriorityLevelConfiguration): void {
    this.uid = metadata.uid ?? "";
    this.isQuiescing = false;
    const response = spec?.limited?.limitResponse;
    const { queues = 64, handSize = 8, queueLengthLimit = 50 } = response?.queuing ?? {};
    const isQueuing = response?.type === "Queue";
    this.#handSize = isQueuing ? handSize : 0;
    this.#waitingMax = isQueuing ? queues * queueLengthLimit : 0;
    this.queueSet.configure(isQueuing ? { queues, handSize, queueLengthLimit } : undefined);
  }

  setSeats(seats: number): void {
    this.currentSeats = seats;
    this.#time();
    if (!this.isExempt) this.queueSet.setLimit(seats);
  }

  /** At once where there is a seat or none to be had, else when the request's turn comes or its time is over. */
  enter(request: FlowRequest, signal: AbortSignal): Entry | Promise<Entry> {
    const { flow, distinguisher } = request;
    const hash = hashFlow(flow.schemaName, distinguisher);
    const arrival = this.queueSet.arrive(hash, request.work, request);
    if (arrival.kind === "rejected") return this.#reject(request, arrival.reason);
    const { ticket } = arrival;
    if (ticket.state === "executing") return this.#seat(ticket);
    if (signal.aborted) {
      this.queueSet.withdraw(ticket);
      return this.#reject(request, "cancelled");
    }
    return this.#wait(ticket, signal);
  }

  /** For an exempt level: nobody waits. */
  enterExempt(request: FlowRequest): void {
    this.counts.dispatched++;
    request.flow.dispatched++;
    request.flow.executing++;
    request.flow.executingSeats += seatsOf(request);
    this.running.add(request);
    this.#setExempt(this.#exemptSeats + seatsOf(request));
  }

  leaveExempt(request: FlowRequest): void {
    request.flow.executing--;
    request.flow.executingSeats -= seatsOf(request);
    this.running.delete(request);
    this.#setExempt(this.#exemptSeats - seatsOf(request));
  }

  #setExempt(seats: number): void {
    this.#exemptSeats = seats;
    this.#changed(seats);
  }

  #changed(seatsWanted: number): void {
    this.demand.set(seatsWanted);
    this.#time();
  }

  /** The queue set says nothing of who is exempt. */
  #time(): void {
    const { isExempt, queueSet, limits } = this;
    this.timings.set({
      waiting: queueSet.waiting,
      executing: isExempt ? this.running.size : queueSet.executing,
      seatsInUse: isExempt ? this.#exemptSeats : queueSet.seatsInUse,
      seatsWanted: this.demand.value,
      waitingMax: this.#waitingMax,
      currentSeats: isExempt ? limits.nominal : this.currentSeats,
      nominalSeats: limits.nominal,
    });
  }

  #wait(ticket: FlowTicket, signal: AbortSignal): Promise<Entry> {
    const request = ticket.about;
    request.flow.waiting++;
    request.flow.waitingSeats += ticket.seats;
    return new Promise((resolve) => {
      const end = (entry: Entry) => {
        timer.cancel();
        signal.removeEventListener("abort", abandon);
        request.flow.waiting--;
        request.flow.waitingSeats -= ticket.seats;
        resolve(entry);
      };
      const giveUp = (reason: RejectionReason) => {
        if (this.queueSet.withdraw(ticket)) end(this.#reject(request, reason));
      };
      const abandon = () => giveUp("cancelled");
      const timer = this.#clock.setTimer(this.#waitLimitMs, () => giveUp("time-out"));
      signal.addEventListener("abort", abandon, { once: true });
      ticket.onTurn = () => end(this.#seat(ticket));
    });
  }

  #seat(ticket: FlowTicket): Entry {
    const request = ticket.about;
    const { flow } = request;
    this.counts.dispatched++;
    flow.dispatched++;
    flow.executing++;
    flow.executingSeats += ticket.seats;
    this.running.add(request);
    const end = () => {
      flow.executing--;
      flow.executingSeats -= ticket.seats;
      this.running.delete(request);
      this.queueSet.finish(ticket);
    };
    const { additionalMs } = ticket.work;
    // Who asked does not wait while others are told of what they changed.
    return { kind: "seat", leave: additionalMs > 0 ? () => void this.#clock.setTimer(additionalMs, end) : end };
  }

  #reject({ flow }: FlowRequest, reason: RejectionReason): Entry {
    this.counts.rejected++;
    if (reason === "time-out") this.counts.timedOut++;
    if (reason === "cancelled") this.counts.cancelled++;
    this.retryAfter.record(this.#clock.nowMs());
    flow.rejected.set(reason, (flow.rejected.get(reason) ?? 0) + 1);
    return { kind: "rejected", reason };
  }
}
