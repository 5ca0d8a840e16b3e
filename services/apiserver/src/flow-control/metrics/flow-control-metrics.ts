import type { Clock } from "@drydock/base";
import { Counter, Gauge, Histogram, type Registry as Metrics } from "prom-client";
import type { Flow } from "../flow.ts";
import type { FlowControl } from "../flow-control.ts";
import { CurrentRequests, type RequestKind, type RequestPhase } from "./current-requests.ts";
import { registerLevelMetrics } from "./level-metrics.ts";

const WAIT_SECONDS = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30];
const EXECUTION_SECONDS = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30];
const SEATS = [1, 2, 4, 8, 16, 32, 64, 100];
const WATCHERS = [0, 1, 10, 100, 1000, 10000];
const FLOW = ["priority_level", "flow_schema"] as const;

export interface FlowControlMetrics {
  /** How long a request waited for its seat, or until it was turned away. */
  observeWait(flow: Flow, execute: boolean, seconds: number): void;
  observeSeats(flow: Flow, seats: number): void;
  observeWatchers(flow: Flow, count: number): void;
  /** One more, or one less, of these requests waits or is worked on. */
  count(kind: RequestKind, phase: RequestPhase, change: 1 | -1): void;
  observeExecution(flow: Flow, isWatch: boolean, seconds: number): void;
}

/** Under upstream's names. All but the waiting times are read when they are asked for. */
export function registerFlowControlMetrics(
  metrics: Metrics,
  control: FlowControl,
  clock: Pick<Clock, "monotonicMs">,
): FlowControlMetrics {
  const registers = [metrics];
  const gauge = (name: string, help: string, read: (flow: Flow) => number) =>
    new Gauge({
      name: `apiserver_flowcontrol_${name}`,
      help,
      labelNames: FLOW,
      registers,
      collect() {
        this.reset();
        for (const flow of control.flows) this.set(labelsOf(flow), read(flow));
      },
    });
  gauge(
    "current_inqueue_requests",
    "Number of requests currently pending in queues of the API Priority and Fairness subsystem",
    ({ waiting }) => waiting,
  );
  gauge(
    "current_executing_requests",
    "Number of requests in initial (for a WATCH) or any (for a non-WATCH) execution stage in the API Priority and Fairness subsystem",
    ({ executing }) => executing,
  );
  gauge(
    "current_inqueue_seats",
    "Number of seats currently pending in queues of the API Priority and Fairness subsystem",
    ({ waitingSeats }) => waitingSeats,
  );
  gauge(
    "current_executing_seats",
    "Concurrency (number of seats) occupied by the currently executing (initial stage for a WATCH, any stage otherwise) requests in the API Priority and Fairness subsystem",
    ({ executingSeats }) => executingSeats,
  );
  registerCounters(metrics, control);
  registerLevelMetrics(metrics, control);
  const current = new CurrentRequests(metrics, clock);
  const histogram = (name: string, help: string, buckets: number[], more: string[] = []) =>
    new Histogram({
      name: `apiserver_flowcontrol_${name}`,
      help,
      labelNames: [...FLOW, ...more],
      buckets,
      registers,
    });
  const waited = histogram(
    "request_wait_duration_seconds",
    "Length of time a request spent waiting in its queue",
    WAIT_SECONDS,
    ["execute"],
  );
  const seatsOf = histogram(
    "work_estimated_seats",
    "Number of estimated seats (maximum of initial and final seats) associated with requests in API Priority and Fairness",
    SEATS,
  );
  const watchers = histogram(
    "watch_count_samples",
    "count of watchers for mutating requests in API Priority and Fairness",
    WATCHERS,
  );
  const executed = histogram(
    "request_execution_seconds",
    "Duration of initial stage (for a WATCH) or any (for a non-WATCH) stage of request execution in the API Priority and Fairness subsystem",
    EXECUTION_SECONDS,
    ["type"],
  );
  return {
    observeWait: (flow, execute, seconds) => waited.observe({ ...labelsOf(flow), execute: String(execute) }, seconds),
    count: (kind, phase, change) => current.count(kind, phase, change),
    observeSeats: (flow, seats) => seatsOf.observe(labelsOf(flow), seats),
    observeWatchers: (flow, count) => watchers.observe(labelsOf(flow), count),
    observeExecution: (flow, isWatch, seconds) =>
      executed.observe({ ...labelsOf(flow), type: isWatch ? "watch" : "regular" }, seconds),
  };
}

function registerCounters(metrics: Metrics, control: FlowControl): void {
  const registers = [metrics];
  new Counter({
    name: "apiserver_flowcontrol_dispatched_requests_total",
    help: "Number of requests executed by API Priority and Fairness subsystem",
    labelNames: FLOW,
    registers,
    collect() {
      this.reset();
      for (const flow of control.flows) if (flow.dispatched > 0) this.inc(labelsOf(flow), flow.dispatched);
    },
  });
  new Counter({
    name: "apiserver_flowcontrol_rejected_requests_total",
    help: "Number of requests rejected by API Priority and Fairness subsystem",
    labelNames: [...FLOW, "reason"],
    registers,
    collect() {
      this.reset();
      for (const flow of control.flows)
        for (const [reason, count] of flow.rejected) this.inc({ ...labelsOf(flow), reason }, count);
    },
  });
}

function labelsOf({ level, schemaName }: Flow) {
  return { priority_level: level.name, flow_schema: schemaName };
}
