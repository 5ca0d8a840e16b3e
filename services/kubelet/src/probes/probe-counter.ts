export type ProbeVerdict = "unknown" | "success" | "failure";

export interface ProbeThresholds {
  readonly successThreshold: number;
  readonly failureThreshold: number;
}

/** Turns a row of results into a verdict: it changes only when as many results in a row agree as the threshold asks. */
export class ProbeCounter {
  readonly #thresholds: ProbeThresholds;
  #verdict: ProbeVerdict = "unknown";
  #last: boolean | undefined;
  #inARow = 0;

  constructor(thresholds: ProbeThresholds) {
    this.#thresholds = thresholds;
  }

  get verdict(): ProbeVerdict {
    return this.#verdict;
  }

  /** Tells whether the verdict changed. */
  add(isSuccess: boolean): boolean {
    this.#inARow = isSuccess === this.#last ? this.#inARow + 1 : 1;
    this.#last = isSuccess;
    const needed = isSuccess ? this.#thresholds.successThreshold : this.#thresholds.failureThreshold;
    if (this.#inARow < needed) return false;
    const verdict = isSuccess ? "success" : "failure";
    const hasChanged = verdict !== this.#verdict;
    this.#verdict = verdict;
    return hasChanged;
  }
}
