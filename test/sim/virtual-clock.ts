import { STEP_MS } from "./agenda.ts";

/** One member's monotonic clock: it runs a little fast or slow and never goes back. A paused process finds it far ahead. */
export class VirtualClock {
  readonly #rate: number;
  readonly #offsetMs: number;

  constructor(rate: number, offsetMs: number) {
    this.#rate = rate;
    this.#offsetMs = offsetMs;
  }

  at(step: number): number {
    return this.#offsetMs + step * STEP_MS * this.#rate;
  }
}
