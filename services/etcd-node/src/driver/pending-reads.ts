import type { Clock } from "@drydock/base";
import type { LogIndex, ReadState } from "@drydock/raft";
import { errors } from "../rpc/errors.ts";

interface Waiter {
  readonly deadlineMs: number;
  resolve(): void;
  reject(error: Error): void;
}

interface Round {
  readonly context: number;
  readonly sentMs: number;
  readonly waiters: Waiter[];
}

/** A round that was not answered within this time (its messages were lost, the leader changed) is asked again. */
const RETRY_MS = 500;

/** Linearizable reads, batched: all that come while one round is under way share the next. */
export class PendingReads {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  #waiting: Waiter[] = [];
  #round: Round | undefined;
  /** Rounds asked again because no answer came; reads given up on. */
  readonly counts = { slow: 0, failed: 0 };
  #confirmed: { index: LogIndex; waiters: Waiter[] }[] = [];
  /** Begins at random, so that answers meant for an earlier life of this member match nothing. */
  #nextContext: number;

  constructor(clock: Clock, timeoutMs: number, firstContext: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#nextContext = firstContext;
  }

  /** Resolves when a read from the state machine is linearizable. */
  wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ deadlineMs: this.#clock.monotonicMs() + this.#timeoutMs, resolve, reject });
    });
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0 && this.#round === undefined;
  }

  /** Starts a round if one is due: `ask` passes the context to raft and tells whether there was somebody to ask. */
  start(ask: (context: number) => boolean): void {
    if (!this.hasWaiting) return;
    const context = this.#nextContext++;
    if (!ask(context)) return;
    this.#round = { context, sentMs: this.#clock.monotonicMs(), waiters: this.#waiting };
    this.#waiting = [];
  }

  confirmed(states: readonly ReadState[], applied: LogIndex): void {
    for (const { context, index } of states) {
      if (this.#round?.context !== context) continue;
      this.#confirmed.push({ index, waiters: this.#round.waiters });
      this.#round = undefined;
    }
    this.applied(applied);
  }

  applied(index: LogIndex): void {
    while (this.#confirmed.length > 0 && (this.#confirmed[0] as { index: LogIndex }).index <= index) {
      for (const waiter of this.#confirmed.shift()?.waiters ?? []) waiter.resolve();
    }
  }

  /** Called now and then: repeats a lost round, gives up on reads that waited too long. */
  sweep(): void {
    const nowMs = this.#clock.monotonicMs();
    if (this.#round && nowMs - this.#round.sentMs >= RETRY_MS) {
      this.counts.slow++;
      this.#waiting.unshift(...this.#round.waiters);
      this.#round = undefined;
    }
    const isLate = (waiter: Waiter) => waiter.deadlineMs <= nowMs;
    const late = this.#waiting.filter(isLate);
    this.counts.failed += late.length;
    for (const waiter of late) waiter.reject(errors.timeout());
    this.#waiting = this.#waiting.filter((waiter) => !isLate(waiter));
  }

  rejectAll(error: Error): void {
    const rounds = [...this.#confirmed.map(({ waiters }) => waiters), this.#round?.waiters ?? [], this.#waiting];
    for (const waiter of rounds.flat()) waiter.reject(error);
    this.#confirmed = [];
    this.#round = undefined;
    this.#waiting = [];
  }
}
