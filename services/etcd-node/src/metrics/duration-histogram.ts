/** Upstream's buckets for the disk: from a millisecond on, each twice the one before. */
const BOUNDS_SECONDS: readonly number[] = Array.from({ length: 14 }, (_, index) => 0.001 * 2 ** index);

/** Durations counted by size: a few additions when something took its time, everything else when somebody asks. */
export class DurationHistogram {
  readonly #counts = new Array<number>(BOUNDS_SECONDS.length).fill(0);
  #sumSeconds = 0;
  #count = 0;

  observe(ms: number): void {
    const seconds = ms / 1000;
    this.#sumSeconds += seconds;
    this.#count++;
    const index = BOUNDS_SECONDS.findIndex((bound) => seconds <= bound);
    if (index >= 0) (this.#counts[index] as number)++;
  }

  get sumSeconds(): number {
    return this.#sumSeconds;
  }
  get count(): number {
    return this.#count;
  }

  /** How many took at most so long, for each bound. */
  *buckets(): Iterable<{ readonly boundSeconds: number; readonly count: number }> {
    let count = 0;
    for (const [index, boundSeconds] of BOUNDS_SECONDS.entries()) {
      count += this.#counts[index] as number;
      yield { boundSeconds, count };
    }
  }
}
