const SECONDS_MAX = 32;
/** So many turned away for each second of the answer are many. */
const MANY = 3;

interface Second {
  readonly at: number;
  count: number;
}

/** How long those who are turned away should stay away: longer while many are, shorter again when it becomes quiet. */
export class RetryAfter {
  #seconds = 1;
  #raisedAt = 0;
  #current: Second = { at: 0, count: 0 };
  #history: Second[] = [];

  get seconds(): number {
    return this.#seconds;
  }

  /** Somebody was turned away. */
  record(nowMs: number): void {
    const at = Math.floor(nowMs / 1000);
    if (this.#current.at === at) {
      this.#current.count++;
      return;
    }
    this.#history = [...this.#history, this.#current].filter((second) => this.#current.at - second.at <= SECONDS_MAX);
    this.#current = { at, count: 1 };
    this.#adjust(at);
  }

  /** Judges by the seconds before this one. */
  #adjust(at: number): void {
    const seconds = this.#seconds;
    const dropped = this.#history
      .filter((second) => at - second.at <= seconds && second.at < at)
      .reduce((sum, { count }) => sum + count, 0);
    if (at - this.#raisedAt >= seconds && dropped >= MANY * seconds) {
      this.#seconds = Math.min(SECONDS_MAX, seconds * 2);
      this.#raisedAt = at;
    } else if (dropped < seconds && seconds > 1) {
      this.#seconds--;
    }
  }
}
