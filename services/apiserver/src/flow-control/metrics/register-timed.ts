import type { Metric, Registry as Metrics } from "prom-client";
import type { TimedHistogram } from "./timed-histogram.ts";

type Labels = Readonly<Record<string, string>>;

/** Shows histograms over time, read when they are asked for. prom-client's own histogram counts observations, not how long they last. */
export function registerTimed(
  metrics: Metrics,
  name: string,
  help: string,
  read: () => Iterable<readonly [Labels, TimedHistogram]>,
): void {
  const get = async () => ({
    name,
    help,
    type: "histogram",
    aggregator: "sum",
    values: [...read()].flatMap(([labels, histogram]) => valuesOf(name, labels, histogram)),
  });
  metrics.registerMetric({ name, help, get } as unknown as Metric);
}

function valuesOf(name: string, labels: Labels, histogram: TimedHistogram) {
  const { buckets, sum, count } = histogram.read();
  return [
    ...buckets.map(([upTo, value]) => ({
      metricName: `${name}_bucket`,
      labels: { ...labels, le: Number.isFinite(upTo) ? String(upTo) : "+Inf" },
      value,
    })),
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ];
}
