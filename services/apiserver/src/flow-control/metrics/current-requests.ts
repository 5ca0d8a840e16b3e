import type { Clock } from "@drydock/base";
import type { Registry as Metrics } from "prom-client";
import { registerTimed } from "./register-timed.ts";
import { TimedHistogram } from "./timed-histogram.ts";

export type RequestKind = "readOnly" | "mutating";
export type RequestPhase = "waiting" | "executing";

const BUCKETS = [0, 0.001, 0.01, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1];
const KINDS: readonly RequestKind[] = ["readOnly", "mutating"];
const PHASES: readonly RequestPhase[] = ["waiting", "executing"];

/** How many requests of each kind there were, for how long. */
export class CurrentRequests {
  readonly #parts = new Map<string, { count: number; readonly histogram: TimedHistogram }>();

  constructor(metrics: Metrics, clock: Pick<Clock, "monotonicMs">) {
    const all = KINDS.flatMap((kind) => PHASES.map((phase) => ({ kind, phase })));
    const shown = all.map(({ kind, phase }) => {
      const histogram = new TimedHistogram(clock, BUCKETS);
      this.#parts.set(`${kind} ${phase}`, { count: 0, histogram });
      return [{ phase, request_kind: kind }, histogram] as const;
    });
    registerTimed(
      metrics,
      "apiserver_flowcontrol_read_vs_write_current_requests",
      "EXPERIMENTAL: Observations, at the end of every nanosecond, of the number of requests (as a fraction of the relevant limit) waiting or in regular stage of execution",
      () => shown,
    );
  }

  count(kind: RequestKind, phase: RequestPhase, change: 1 | -1): void {
    const part = this.#parts.get(`${kind} ${phase}`);
    if (!part) return;
    part.count += change;
    part.histogram.set(part.count);
  }
}
