/** Each twice the one before, as all of etcd's are. */
export function doublingBounds(firstSeconds: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => firstSeconds * 2 ** index);
}

/** etcd's for the disk: from a millisecond to eight seconds. */
const DISK_BOUNDS = doublingBounds(0.001, 14);

/** Durations counted by size: a few additions when something took its time, everything else when somebody asks. */
export class DurationHistogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sumSeconds = 0;
  #count = 0;

  constructor(boundsSeconds = DISK_BOUNDS) {
    this.#bounds = boundsSeconds;
    this.#counts = boundsSeconds.map(() => 0);
  }

  /** `times`: so many took so long. */
  observe(ms: number, times = 1): void {
    const seconds = ms / 1000;
    this.#sumSeconds += seconds * times;
    this.#count += times;
    const index = this.#bounds.findIndex((bound) => seconds <= bound);
    if (index >= 0) this.#counts[index] = (this.#counts[index] as number) + times;
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
    for (const [index, boundSeconds] of this.#bounds.entries()) {
      count += this.#counts[index] as number;
      yield { boundSeconds, count };
    }
  }
}
