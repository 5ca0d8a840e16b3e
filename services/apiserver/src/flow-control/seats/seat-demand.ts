import type { Clock } from "@drydock/base";

/** What a level wanted while a period lasted. */
export interface DemandStats {
  readonly average: number;
  readonly deviation: number;
  readonly highWatermark: number;
}

/** Follows a number of seats over time, and says at the end of a period how it was, weighted by how long. */
export class SeatDemand {
  readonly #clock: Pick<Clock, "monotonicMs">;
  #value = 0;
  #sinceMs: number;
  #elapsedMs = 0;
  #sum = 0;
  #squares = 0;
  #high = 0;

  constructor(clock: Pick<Clock, "monotonicMs">) {
    this.#clock = clock;
    this.#sinceMs = clock.monotonicMs();
  }

  get value(): number {
    return this.#value;
  }

  set(seats: number): void {
    this.#add();
    this.#value = seats;
    if (seats > this.#high) this.#high = seats;
  }

  /** Ends a period and begins the next. */
  takePeriod(): DemandStats {
    this.#add();
    const elapsed = this.#elapsedMs;
    const average = elapsed > 0 ? this.#sum / elapsed : this.#value;
    const variance = elapsed > 0 ? Math.max(0, this.#squares / elapsed - average * average) : 0;
    const stats = { average, deviation: Math.sqrt(variance), highWatermark: this.#high };
    this.#elapsedMs = 0;
    this.#sum = 0;
    this.#squares = 0;
    this.#high = this.#value;
    return stats;
  }

  #add(): void {
    const nowMs = this.#clock.monotonicMs();
    const spanMs = nowMs - this.#sinceMs;
    this.#sinceMs = nowMs;
    this.#elapsedMs += spanMs;
    this.#sum += this.#value * spanMs;
    this.#squares += this.#value * this.#value * spanMs;
  }
}

/** One period's part in the smoothed demand (KEP-1040). */
const SMOOTHING = 0.977;

/** Follows a rise at once and forgets it slowly. */
export function smoothDemand(smoothed: number, { average, deviation, highWatermark }: DemandStats): number {
  const envelope = Math.min(highWatermark, average + deviation);
  return Math.max(envelope, SMOOTHING * smoothed + (1 - SMOOTHING) * envelope);
}
