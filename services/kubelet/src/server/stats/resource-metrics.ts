import type { MetricFamily, Sample } from "./exposition.ts";
import type { ContainerUsage, NodeUsage, PodUsage } from "./node-usage.ts";

const NANO = 1e9;

/** `/metrics/resource`: what metrics-server reads of every node. Without a measurement there is the error alone. */
export function resourceMetrics(usage: NodeUsage | undefined): MetricFamily[] {
  const failed = gauge(
    "resource_scrape_error",
    "[STABLE] 1 if there was an error while getting container metrics, 0 otherwise",
    [{ value: usage ? 0 : 1 }],
  );
  return usage ? [...nodeMetrics(usage), ...containerMetrics(usage), ...podMetrics(usage), failed] : [failed];
}

function nodeMetrics({ machine, atMs }: NodeUsage): MetricFamily[] {
  return [
    counter("node_cpu_usage_seconds_total", "[STABLE] Cumulative cpu time consumed by the node in core-seconds", [
      { value: machine.cpuUsageNanoSeconds / NANO, atMs },
    ]),
    gauge("node_memory_working_set_bytes", "[STABLE] Current working set of the node in bytes", [
      { value: machine.memory.workingSetBytes, atMs },
    ]),
    gauge(
      "node_swap_usage_bytes",
      "[ALPHA] Current swap usage of the node in bytes. Reported only on non-windows systems",
      [{ value: machine.swap.usageBytes, atMs }],
    ),
  ];
}

function containerMetrics({ pods }: NodeUsage): MetricFamily[] {
  const samples = (measure: (container: ContainerUsage) => Omit<Sample, "labels">): Sample[] =>
    pods.flatMap(({ pod, containers }) =>
      containers.map((container) => ({
        ...measure(container),
        labels: { ...labelsOf(pod), container: container.name },
      })),
    );
  return [
    gauge(
      "container_start_time_seconds",
      "[STABLE] Start time of the container since unix epoch in seconds",
      samples(({ startedAtMs }) => ({ value: startedAtMs / 1000 })),
    ),
    counter(
      "container_cpu_usage_seconds_total",
      "[STABLE] Cumulative cpu time consumed by the container in core-seconds",
      samples(({ cpuUsageNanoSeconds, atMs }) => ({ value: cpuUsageNanoSeconds / NANO, atMs })),
    ),
    gauge(
      "container_memory_working_set_bytes",
      "[STABLE] Current working set of the container in bytes",
      samples(({ memoryWorkingSetBytes: value, atMs }) => ({ value, atMs })),
    ),
  ];
}

function podMetrics({ pods, atMs }: NodeUsage): MetricFamily[] {
  const samples = (measure: (container: ContainerUsage) => number): Sample[] =>
    pods.map(({ pod, containers }) => ({
      labels: labelsOf(pod),
      value: containers.reduce((sum, container) => sum + measure(container), 0),
      atMs,
    }));
  return [
    counter(
      "pod_cpu_usage_seconds_total",
      "[STABLE] Cumulative cpu time consumed by the pod in core-seconds",
      samples(({ cpuUsageNanoSeconds }) => cpuUsageNanoSeconds / NANO),
    ),
    gauge(
      "pod_memory_working_set_bytes",
      "[STABLE] Current working set of the pod in bytes",
      samples(({ memoryWorkingSetBytes }) => memoryWorkingSetBytes),
    ),
  ];
}

function labelsOf({ metadata }: PodUsage["pod"]): { namespace: string; pod: string } {
  return { namespace: metadata.namespace ?? "", pod: metadata.name ?? "" };
}

const counter = (name: string, help: string, samples: readonly Sample[]): MetricFamily => ({
  name,
  type: "counter",
  help,
  samples,
});
const gauge = (name: string, help: string, samples: readonly Sample[]): MetricFamily => ({
  name,
  type: "gauge",
  help,
  samples,
});
