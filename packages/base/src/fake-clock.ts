import type { Clock, Timer } from "./clock.ts";
import { Heap } from "./heap.ts";

interface Pending {
  readonly atMs: number;
  readonly order: number;
  readonly callback: () => void;
  isCancelled: boolean;
}

/** A clock that moves only when told to. Timers fire in order of their time, ties in order of creation. */
export class FakeClock implements Clock {
  #nowMs: number;
  #order = 0;
  readonly #timers = new Heap<Pending>((a, b) => a.atMs - b.atMs || a.order - b.order);

  constructor(startMs = 0) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const pending: Pending = {
      atMs: this.#nowMs + Math.max(0, delayMs),
      order: this.#order++,
      callback,
      isCancelled: false,
    };
    this.#timers.push(pending);
    return {
      cancel() {
        pending.isCancelled = true;
      },
    };
  }

  /** Moves time forward, firing every timer that falls due on the way, also those set by other timers. */
  advance(ms: number): void {
    const targetMs = this.#nowMs + ms;
    for (let next = this.#timers.peek(); next && next.atMs <= targetMs; next = this.#timers.peek()) {
      this.#timers.pop();
      if (next.isCancelled) continue;
      this.#nowMs = next.atMs;
      next.callback();
    }
    this.#nowMs = targetMs;
  }
}
