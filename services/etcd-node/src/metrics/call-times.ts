import type { Logger } from "@drydock/component";
import { DurationHistogram } from "./duration-histogram.ts";

export interface CallTimes {
  /** Whether all calls are timed. */
  readonly isExtensive: boolean;
  /** A unary call that takes longer is told of. */
  readonly warningMs: number;
  readonly logger: Logger;
}

/** Prometheus' own, which etcd's calls are counted by. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const LOOK_MS = 50;

/** Tells how long calls took, as exactly as somebody wants to know: a clock read for each would cost too much. */
export class CallTimer {
  readonly #times: CallTimes;
  #roughMs = performance.now();

  constructor(times: CallTimes) {
    this.#times = times;
    const look = () => {
      this.#roughMs = performance.now();
    };
    if (!times.isExtensive) setInterval(look, LOOK_MS).unref();
  }

  /** Undefined where calls are not timed. */
  createHistogram(): DurationHistogram | undefined {
    return this.#times.isExtensive ? new DurationHistogram(BOUNDS) : undefined;
  }

  now(): number {
    return this.#times.isExtensive ? performance.now() : this.#roughMs;
  }

  /** A unary call that began then has been answered. */
  ended(startMs: number, path: string, call: { getPeer?(): string }, histogram?: DurationHistogram): void {
    const { warningMs, logger } = this.#times;
    const tookMs = this.now() - startMs;
    histogram?.observe(tookMs);
    if (tookMs <= warningMs) return;
    const start = new Date(Date.now() - tookMs).toISOString();
    const spent = `${Math.round(tookMs)}ms`;
    logger.warn(
      { "start time": start, "time spent": spent, remote: call.getPeer?.(), "response type": path },
      "request stats",
    );
  }
}
