import { type Clock, invariant } from "@drydock/base";
import type { WorkEstimate } from "../work/work-estimate.ts";
import { dealHand } from "./shuffle-sharding.ts";

/** How the requests of a level wait; undefined for a level that turns away what finds no seat. */
export interface Queuing {
  readonly queues: number;
  readonly handSize: number;
  readonly queueLengthLimit: number;
}

interface Queue<About> {
  readonly waiting: Ticket<About>[];
  executing: number;
  seatsInUse: number;
  /** What the progress meter will read when the next request of this queue leaves it, in the virtual world where all queues are served at once. */
  nextDispatchR: number;
}

/** One request between its arrival and its end. Only the queue set changes it. */
export interface Ticket<About = unknown> {
  readonly about: About;
  /** That it occupies as long as it lasts, and after its end for `work.additionalMs`. */
  readonly seats: number;
  readonly work: WorkEstimate;
  readonly arrivedAtMs: number;
  readonly arrivalR: number;
  /** Undefined when it never had to wait because there are no queues. */
  readonly queue: Queue<About> | undefined;
  /** Called once, when a request that waits may go on. Must not throw. */
  onTurn: (() => void) | undefined;
  startedAtMs: number;
  state: "waiting" | "executing" | "ended";
}

export type RejectionReason = "concurrency-limit" | "queue-full" | "time-out" | "cancelled";

export type Arrival<About> =
  | { readonly kind: "accepted"; readonly ticket: Ticket<About> }
  | { readonly kind: "rejected"; readonly reason: RejectionReason };

interface QueueDigest<About> {
  readonly waiting: readonly Ticket<About>[];
  readonly executing: number;
  readonly seatsInUse: number;
  readonly nextDispatchR: number;
}

/** How long a request is taken to last before it has been seen to, in seconds. */
const ESTIMATED_SECONDS = 0.003;
/** Hands that are kept; flows beyond are dealt theirs again. */
const HANDS_MAX = 4096;

/**
 * Fair queuing of one priority level (KEP-1040): flows are spread over queues by shuffle sharding, and seats that become free go to
 * the queue that would be served first if all queues were served at the same time, each as fast as any other.
 * The meter R tells how many seat-seconds each queue that has something to do was given so far.
 */
export class QueueSet<About = unknown> {
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #onDemand: (seats: number) => void;
  #queuing: Queuing | undefined;
  #limit = 0;
  readonly #queues: Queue<About>[] = [];
  readonly #hands = new Map<number, readonly number[]>();
  #r = 0;
  #lastMs: number;
  #robin = 0;
  #enqueued = 0;
  #activeQueues = 0;
  #waiting = 0;
  #executing = 0;
  #seatsWaiting = 0;
  #seatsInUse = 0;
  /** Of requests that came by a queue. */
  #queuedSeatsInUse = 0;

  /** `onDemand` is told how many seats are in use or wanted whenever that changes. */
  constructor(clock: Pick<Clock, "monotonicMs">, onDemand: (seats: number) => void = () => {}) {
    this.#clock = clock;
    this.#onDemand = onDemand;
    this.#lastMs = clock.monotonicMs();
  }

  get isIdle(): boolean {
    return this.#waiting === 0 && this.#executing === 0;
  }

  get waiting(): number {
    return this.#waiting;
  }

  get executing(): number {
    return this.#executing;
  }

  get seatsInUse(): number {
    return this.#seatsInUse;
  }

  get progress(): number {
    return this.#r;
  }

  /** What a request is taken to last before it has been seen to. */
  get estimatedSeconds(): number {
    return ESTIMATED_SECONDS;
  }

  get queues(): readonly QueueDigest<About>[] {
    return this.#queues;
  }

  /** Queues that are too many go as they become empty. */
  configure(queuing: Queuing | undefined): void {
    this.#advance();
    this.#queuing = queuing;
    this.#hands.clear();
    while (this.#queues.length < (queuing?.queues ?? 0))
      this.#queues.push({ waiting: [], executing: 0, seatsInUse: 0, nextDispatchR: 0 });
    this.#dropQueues();
  }

  setLimit(seats: number): void {
    this.#advance();
    this.#limit = seats;
    this.#dispatch();
  }

  /** A request of the flow with this hash. If it must wait, its ticket's `onTurn` is called when its turn comes. */
  arrive(flowHash: number, work: WorkEstimate, about: About): Arrival<About> {
    this.#advance();
    const seats = Math.max(work.initialSeats, work.finalSeats);
    if (!this.#queuing) {
      if (!this.#hasRoomFor(seats)) return { kind: "rejected", reason: "concurrency-limit" };
      const ticket = this.#ticketOf(about, work, undefined);
      this.#occupy(ticket);
      return { kind: "accepted", ticket };
    }
    const queue = this.#choose(flowHash, this.#queuing);
    if (this.#seatsInUse >= this.#limit && queue.waiting.length >= this.#queuing.queueLengthLimit)
      return { kind: "rejected", reason: "queue-full" };
    const ticket = this.#ticketOf(about, work, queue);
    this.#enqueue(ticket, queue);
    this.#dispatch();
    return { kind: "accepted", ticket };
  }

  /** A request that had its seats needs them no longer: when it has ended, and `additionalMs` are over. */
  finish(ticket: Ticket<About>): void {
    invariant(ticket.state === "executing", "what ends has begun", { state: ticket.state });
    this.#advance();
    ticket.state = "ended";
    this.#executing--;
    this.#seatsInUse -= ticket.seats;
    const { queue } = ticket;
    if (queue) {
      queue.executing--;
      queue.seatsInUse -= ticket.seats;
      this.#queuedSeatsInUse -= ticket.seats;
      // What was charged at the start was an estimate.
      const lastedMs = this.#lastMs - ticket.startedAtMs - ticket.work.additionalMs;
      queue.nextDispatchR -= ticket.work.initialSeats * (ESTIMATED_SECONDS - lastedMs / 1000);
      this.#bound(queue);
      this.#leave(queue);
    }
    this.#tellDemand();
    this.#dispatch();
  }

  /** Takes a request that still waits out of its queue; false when its turn has come already. */
  withdraw(ticket: Ticket<About>): boolean {
    const { queue } = ticket;
    if (ticket.state !== "waiting" || !queue) return false;
    this.#advance();
    queue.waiting.splice(queue.waiting.indexOf(ticket), 1);
    ticket.state = "ended";
    this.#waiting--;
    this.#seatsWaiting -= ticket.seats;
    this.#bound(queue);
    this.#leave(queue);
    this.#tellDemand();
    return true;
  }

  #ticketOf(about: About, work: WorkEstimate, queue: Queue<About> | undefined): Ticket<About> {
    const nowMs = this.#lastMs;
    const seats = Math.max(work.initialSeats, work.finalSeats);
    const state = "waiting";
    const times = { arrivedAtMs: nowMs, arrivalR: this.#r, startedAtMs: nowMs };
    return { about, seats, work, ...times, queue, onTurn: undefined, state };
  }

  /** Brings R up to now. To be called before anything changes, for its pace depends on how things were. */
  #advance(): void {
    const nowMs = this.#clock.monotonicMs();
    if (this.#activeQueues > 0) {
      const seats = Math.min(this.#queuedSeatsInUse + this.#seatsWaiting, this.#limit);
      this.#r += ((nowMs - this.#lastMs) / 1000) * (seats / this.#activeQueues);
    }
    this.#lastMs = nowMs;
  }

  /** Of the flow's hand, the queue in which least work waits. */
  #choose(flowHash: number, { queues, handSize }: Queuing): Queue<About> {
    let hand = this.#hands.get(flowHash);
    if (!hand) {
      if (this.#hands.size >= HANDS_MAX) this.#hands.clear();
      hand = dealHand(flowHash, queues, handSize);
      this.#hands.set(flowHash, hand);
    }
    // Flows whose hands overlap must not all begin with the same queue.
    const offset = this.#enqueued++ % hand.length;
    let best: Queue<About> | undefined;
    let bestSeats = Number.POSITIVE_INFINITY;
    for (let index = 0; index < hand.length && bestSeats > 0; index++) {
      const queue = this.#queues[hand[(offset + index) % hand.length] as number] as Queue<About>;
      const seats = queue.waiting.reduce((sum, ticket) => sum + ticket.seats, 0);
      if (seats >= bestSeats) continue;
      best = queue;
      bestSeats = seats;
    }
    invariant(best, "a hand has at least one queue", { queues, handSize });
    return best;
  }

  #enqueue(ticket: Ticket<About>, queue: Queue<About>): void {
    if (isEmpty(queue)) {
      queue.nextDispatchR = this.#r;
      this.#activeQueues++;
    }
    queue.waiting.push(ticket);
    this.#waiting++;
    this.#seatsWaiting += ticket.seats;
    this.#bound(queue);
    this.#tellDemand();
  }

  #dispatch(): void {
    while (this.#waiting > 0 && this.#seatsInUse < this.#limit) {
      const queue = this.#next();
      const ticket = queue.waiting[0] as Ticket<About>;
      // A request that needs many seats is not passed by those that need few, or it would wait for ever.
      if (!this.#hasRoomFor(ticket.seats)) return;
      queue.waiting.shift();
      this.#waiting--;
      this.#seatsWaiting -= ticket.seats;
      this.#robin = this.#queues.indexOf(queue);
      queue.executing++;
      queue.seatsInUse += ticket.seats;
      this.#queuedSeatsInUse += ticket.seats;
      queue.nextDispatchR += seatSecondsOf(ticket);
      this.#bound(queue);
      this.#occupy(ticket);
      ticket.onTurn?.();
    }
  }

  /** The queue whose oldest request would be done first in the virtual world; among equals, the next in turn. */
  #next(): Queue<About> {
    let best: Queue<About> | undefined;
    let bestFinishR = Number.POSITIVE_INFINITY;
    const count = this.#queues.length;
    for (let step = 1; step <= count; step++) {
      const queue = this.#queues[(this.#robin + step) % count] as Queue<About>;
      const oldest = queue.waiting[0];
      if (!oldest) continue;
      const finishR = queue.nextDispatchR + seatSecondsOf(oldest);
      if (finishR >= bestFinishR) continue;
      best = queue;
      bestFinishR = finishR;
    }
    invariant(best, "some queue has a request that waits", { waiting: this.#waiting });
    return best;
  }

  #hasRoomFor(seats: number): boolean {
    // What is wider than the whole level gets it for itself.
    if (seats > this.#limit) return this.#executing === 0;
    return this.#seatsInUse + seats <= this.#limit;
  }

  #occupy(ticket: Ticket<About>): void {
    ticket.state = "executing";
    ticket.startedAtMs = this.#lastMs;
    this.#executing++;
    this.#seatsInUse += ticket.seats;
    this.#tellDemand();
  }

  /** A queue that could have used more than it asked for earns no credit: nothing leaves before it arrived. */
  #bound(queue: Queue<About>): void {
    const oldest = queue.waiting[0];
    if (oldest && queue.nextDispatchR < oldest.arrivalR) queue.nextDispatchR = oldest.arrivalR;
  }

  #leave(queue: Queue<About>): void {
    if (!isEmpty(queue)) return;
    this.#activeQueues--;
    this.#dropQueues();
  }

  #dropQueues(): void {
    const wanted = this.#queuing?.queues ?? 0;
    while (this.#queues.length > wanted && isEmpty(this.#queues.at(-1) as Queue<About>)) this.#queues.pop();
  }

  #tellDemand(): void {
    this.#onDemand(this.#seatsInUse + this.#seatsWaiting);
  }
}

/** What a request is taken to cost before it has been seen to. */
function seatSecondsOf({ work }: Ticket): number {
  return work.initialSeats * ESTIMATED_SECONDS + (work.finalSeats * work.additionalMs) / 1000;
}

function isEmpty<About>(queue: Queue<About>): boolean {
  return queue.waiting.length === 0 && queue.executing === 0;
}
