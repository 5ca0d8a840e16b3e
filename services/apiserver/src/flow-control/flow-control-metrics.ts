import { Counter, Gauge, Histogram, type Registry as Metrics } from "prom-client";
import type { Flow } from "./flow.ts";
import type { FlowControl } from "./flow-control.ts";
import type { PriorityLevel } from "./priority-level.ts";

const WAIT_SECONDS = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30];
const FLOW = ["priority_level", "flow_schema"] as const;

export interface FlowControlMetrics {
  /** How long a request waited for its seat, or until it was turned away. */
  observeWait(flow: Flow, execute: boolean, seconds: number): void;
}

/** Under upstream's names. All but the waiting times are read when they are asked for. */
export function registerFlowControlMetrics(metrics: Metrics, control: FlowControl): FlowControlMetrics {
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
  registerCounters(metrics, control);
  registerSeats(metrics, control);
  const waited = new Histogram({
    name: "apiserver_flowcontrol_request_wait_duration_seconds",
    help: "Length of time a request spent waiting in its queue",
    labelNames: [...FLOW, "execute"],
    buckets: WAIT_SECONDS,
    registers,
  });
  return {
    observeWait: (flow, execute, seconds) => waited.observe({ ...labelsOf(flow), execute: String(execute) }, seconds),
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

function registerSeats(metrics: Metrics, control: FlowControl): void {
  const gauge = (name: string, help: string, read: (level: PriorityLevel) => number) =>
    new Gauge({
      name: `apiserver_flowcontrol_${name}`,
      help,
      labelNames: ["priority_level"],
      registers: [metrics],
      collect() {
        this.reset();
        for (const level of control.levels) this.set({ priority_level: level.name }, read(level));
      },
    });
  gauge(
    "nominal_limit_seats",
    "Nominal number of execution seats configured for each priority level",
    ({ limits }) => limits.nominal,
  );
  gauge(
    "lower_limit_seats",
    "Configured lower bound on number of execution seats available to each priority level",
    ({ limits }) => limits.lower,
  );
  gauge(
    "upper_limit_seats",
    "Configured upper bound on number of execution seats available to each priority level",
    ({ limits }) => limits.upper,
  );
  gauge(
    "current_limit_seats",
    "current derived number of execution seats available to each priority level",
    ({ currentSeats }) => currentSeats,
  );
}

function labelsOf({ level, schemaName }: Flow) {
  return { priority_level: level.name, flow_schema: schemaName };
}
