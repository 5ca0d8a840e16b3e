/** Latencies in milliseconds; quantiles when all are in. */
export class Latencies {
  #values = new Float64Array(1 << 16);
  #count = 0;

  add(ms: number): void {
    if (this.#count === this.#values.length) {
      const larger = new Float64Array(this.#count * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#count++] = ms;
  }

  get count(): number {
    return this.#count;
  }

  summary(): LatencySummary {
    const sorted = this.#values.subarray(0, this.#count).sort();
    const quantile = (q: number) => sorted[Math.min(this.#count - 1, Math.floor(q * this.#count))] ?? Number.NaN;
    const mean = sorted.reduce((sum, ms) => sum + ms, 0) / this.#count;
    return { mean, p50: quantile(0.5), p90: quantile(0.9), p99: quantile(0.99), max: quantile(1) };
  }
}

export interface LatencySummary {
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}
