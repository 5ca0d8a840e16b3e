import { Gauge, type Registry as Metrics } from "prom-client";
import type { FlowControl } from "../flow-control.ts";
import type { PriorityLevel } from "../priority-level.ts";
import { registerTimed } from "./register-timed.ts";

/** Of levels: name, what it is, how it is read. */
const GAUGES: readonly (readonly [name: string, help: string, read: (level: PriorityLevel) => number])[] = [
  [
    "nominal_limit_seats",
    "Nominal number of execution seats configured for each priority level",
    ({ limits }) => limits.nominal,
  ],
  [
    "lower_limit_seats",
    "Configured lower bound on number of execution seats available to each priority level",
    ({ limits }) => limits.lower,
  ],
  [
    "upper_limit_seats",
    "Configured upper bound on number of execution seats available to each priority level",
    ({ limits }) => limits.upper,
  ],
  [
    "current_limit_seats",
    "current derived number of execution seats available to each priority level",
    ({ currentSeats }) => currentSeats,
  ],
  ["target_seats", "Seat allocation targets", ({ targetSeats }) => targetSeats],
  [
    "demand_seats_high_watermark",
    "High watermark, over last adjustment period, of demand_seats",
    ({ stats }) => stats.highWatermark,
  ],
  [
    "demand_seats_average",
    "Time-weighted average, over last adjustment period, of demand_seats",
    ({ stats }) => stats.average,
  ],
  [
    "demand_seats_stdev",
    "Time-weighted standard deviation, over last adjustment period, of demand_seats",
    ({ stats }) => stats.deviation,
  ],
  ["demand_seats_smoothed", "Smoothed seat demands", ({ smoothedDemand }) => smoothedDemand],
  ["current_r", "R(time of last change)", ({ queueSet }) => queueSet.progress],
];

/** What priority levels have and want, read when it is asked for. */
export function registerLevelMetrics(metrics: Metrics, control: FlowControl): void {
  for (const [name, help, read] of GAUGES)
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
  registerTimings(metrics, control);
  new Gauge({
    name: "apiserver_flowcontrol_seat_fair_frac",
    help: "Fair fraction of server's concurrency to allocate to each priority level that can use it",
    registers: [metrics],
    collect() {
      this.set(control.fairPart);
    },
  });
}

/** Of levels over time: name, what it is, the part of a level's timings and what it is labelled with. */
const TIMINGS: readonly (readonly [
  name: string,
  help: string,
  parts: readonly (readonly [part: "waiting" | "executing" | "seats" | "demand", labels: object])[],
])[] = [
  [
    "priority_level_request_utilization",
    "EXPERIMENTAL: Observations, at the end of every nanosecond, of number of requests (as a fraction of the relevant limit) waiting or in any stage of execution (but only initial stage for WATCHes)",
    [
      ["waiting", { phase: "waiting" }],
      ["executing", { phase: "executing" }],
    ],
  ],
  [
    "priority_level_seat_utilization",
    "EXPERIMENTAL: Observations, at the end of every nanosecond, of utilization of seats for any stage of execution (but only initial stage for WATCHes)",
    [["seats", { phase: "executing" }]],
  ],
  [
    "demand_seats",
    "EXPERIMENTAL: Observations, at the end of every nanosecond, of (the number of seats each priority level could use) / (nominal number of seats for that level)",
    [["demand", {}]],
  ],
];

function registerTimings(metrics: Metrics, control: FlowControl): void {
  for (const [name, help, parts] of TIMINGS)
    registerTimed(metrics, `apiserver_flowcontrol_${name}`, help, () =>
      control.levels.flatMap((level) =>
        parts.map(([part, labels]) => {
          const histogram = level.timings[part];
          return [{ ...labels, priority_level: level.name }, histogram] as const;
        }),
      ),
    );
}
