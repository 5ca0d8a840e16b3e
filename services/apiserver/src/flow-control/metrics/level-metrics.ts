import { Gauge, type Registry as Metrics } from "prom-client";
import type { FlowControl } from "../flow-control.ts";
import type { PriorityLevel } from "../priority-level.ts";

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
  new Gauge({
    name: "apiserver_flowcontrol_seat_fair_frac",
    help: "Fair fraction of server's concurrency to allocate to each priority level that can use it",
    registers: [metrics],
    collect() {
      this.set(control.fairPart);
    },
  });
}
