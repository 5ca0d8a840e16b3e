import type { Clock } from "@drydock/base";

const NANOSECONDS = 1_000_000;

/** How long a value was how large: a histogram with an observation for every nanosecond. */
export class TimedHistogram {
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #buckets: readonly number[];
  readonly #nanoseconds: number[];
  #value = 0;
  #sum = 0;
  #sinceMs: number;

  /** `buckets` are upper bounds, in order; what is beyond the last is in no bucket. */
  constructor(clock: Pick<Clock, "monotonicMs">, buckets: readonly number[]) {
    this.#clock = clock;
    this.#buckets = buckets;
    this.#nanoseconds = new Array<number>(buckets.length + 1).fill(0);
    this.#sinceMs = clock.monotonicMs();
  }

  set(value: number): void {
    this.#add();
    this.#value = value;
  }

  /** Up to now, as Prometheus has it: each bucket with those below it. */
  read(): { readonly buckets: readonly (readonly [upTo: number, count: number])[]; sum: number; count: number } {
    this.#add();
    let count = 0;
    const buckets = [...this.#buckets, Number.POSITIVE_INFINITY].map((upTo, index) => {
      count += this.#nanoseconds[index] ?? 0;
      return [upTo, count] as const;
    });
    return { buckets, sum: this.#sum, count };
  }

  #add(): void {
    const nowMs = this.#clock.monotonicMs();
    const lasted = Math.round((nowMs - this.#sinceMs) * NANOSECONDS);
    this.#sinceMs = nowMs;
    const found = this.#buckets.findIndex((upTo) => this.#value <= upTo);
    const index = found < 0 ? this.#buckets.length : found;
    this.#nanoseconds[index] = (this.#nanoseconds[index] ?? 0) + lasted;
    this.#sum += this.#value * lasted;
  }
}
