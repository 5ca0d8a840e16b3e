import type { MetricFamily, Sample } from "./exposition.ts";
import type { InterfaceUsage } from "./machine.ts";
import type { ContainerUsage, NodeUsage, PodUsage } from "./node-usage.ts";

type Measure<T> = readonly [name: string, type: MetricFamily["type"], help: string, value: (of: T) => number];

/** Of containers whose time is measured out to them. */
const OF_LIMITED: readonly Measure<ContainerUsage>[] = [
  [
    "container_cpu_cfs_periods_total",
    "counter",
    "Number of elapsed enforcement period intervals.",
    ({ cpuPeriods }) => cpuPeriods,
  ],
  [
    "container_cpu_cfs_throttled_periods_total",
    "counter",
    "Number of throttled period intervals.",
    ({ cpuThrottledPeriods }) => cpuThrottledPeriods,
  ],
  [
    "container_cpu_cfs_throttled_seconds_total",
    "counter",
    "Total time duration the container has been throttled.",
    ({ cpuThrottledNanoSeconds }) => cpuThrottledNanoSeconds / 1e9,
  ],
];

const OF_CONTAINERS: readonly Measure<ContainerUsage>[] = [
  ["container_fs_reads_bytes_total", "counter", "Cumulative count of bytes read", ({ diskReadBytes }) => diskReadBytes],
  [
    "container_fs_writes_bytes_total",
    "counter",
    "Cumulative count of bytes written",
    ({ diskWrittenBytes }) => diskWrittenBytes,
  ],
  ["container_memory_rss", "gauge", "Size of RSS in bytes.", (container) => container.memoryRssBytes],
  [
    "container_memory_usage_bytes",
    "gauge",
    "Current memory usage in bytes, including all memory regardless of when it was accessed",
    (container) => container.memoryUsageBytes,
  ],
  [
    "container_memory_working_set_bytes",
    "gauge",
    "Current working set in bytes.",
    (container) => container.memoryWorkingSetBytes,
  ],
  ["container_processes", "gauge", "Number of processes running inside the container.", ({ processes }) => processes],
  ["container_spec_memory_limit_bytes", "gauge", "Memory limit for the container.", (c) => c.memoryLimitBytes],
  [
    "container_start_time_seconds",
    "gauge",
    "Start time of the container since unix epoch in seconds.",
    ({ startedAtMs }) => startedAtMs / 1000,
  ],
  [
    "container_last_seen",
    "gauge",
    "Last time a container was seen by the exporter",
    ({ atMs }) => Math.floor(atMs / 1000),
  ],
];

const OF_INTERFACES: readonly Measure<InterfaceUsage>[] = [
  ["container_network_receive_bytes_total", "counter", "Cumulative count of bytes received", (i) => i.rxBytes],
  [
    "container_network_receive_errors_total",
    "counter",
    "Cumulative count of errors encountered while receiving",
    (i) => i.rxErrors,
  ],
  ["container_network_transmit_bytes_total", "counter", "Cumulative count of bytes transmitted", (i) => i.txBytes],
  [
    "container_network_transmit_errors_total",
    "counter",
    "Cumulative count of errors encountered while transmitting",
    (i) => i.txErrors,
  ],
];

/** `/metrics/cadvisor`: the metrics that dashboards and rules for Kubernetes are written on. */
export function cadvisorMetrics(usage: NodeUsage, cpuCount: number): MetricFamily[] {
  const { pods, machine, atMs } = usage;
  const containers = pods.flatMap((pod) => pod.containers.map((container) => ({ pod, container })));
  return [
    {
      name: "container_cpu_usage_seconds_total",
      type: "counter",
      help: "Cumulative cpu time consumed in seconds.",
      samples: containers.map(({ pod, container }) => ({
        labels: { ...labelsOf(pod, container), cpu: "total" },
        value: container.cpuUsageNanoSeconds / 1e9,
        atMs,
      })),
    },
    ...OF_LIMITED.map(([name, type, help, value]) => ({
      name,
      type,
      help,
      samples: containers.flatMap(({ pod, container }) =>
        container.cpuPeriods > 0 ? [{ labels: labelsOf(pod, container), value: value(container), atMs }] : [],
      ),
    })),
    ...OF_CONTAINERS.map(([name, type, help, value]) => ({
      name,
      type,
      help,
      samples: containers.map(({ pod, container }) => ({
        labels: labelsOf(pod, container),
        value: value(container),
        atMs,
      })),
    })),
    ...OF_INTERFACES.map(([name, type, help, value]) => ({
      name,
      type,
      help,
      samples: pods.flatMap((pod) => networkSamples(pod, value, atMs)),
    })),
    { name: "machine_cpu_cores", type: "gauge", help: "Number of logical CPU cores.", samples: [{ value: cpuCount }] },
    {
      name: "machine_memory_bytes",
      type: "gauge",
      help: "Amount of memory installed on the machine.",
      samples: [{ value: machine.memory.totalBytes }],
    },
  ];
}

function labelsOf({ pod }: PodUsage, { id, name, image }: ContainerUsage): Record<string, string> {
  const { namespace = "", name: podName = "", uid = "" } = pod.metadata;
  return { container: name, id: `/kubepods/pod${uid}/${id}`, image, name: id, namespace, pod: podName };
}

/** The network is the pod's, of no one container. */
function networkSamples({ pod, interfaces }: PodUsage, value: (of: InterfaceUsage) => number, atMs: number): Sample[] {
  const { namespace = "", name = "", uid = "" } = pod.metadata;
  return interfaces.map((one) => ({
    labels: {
      container: "",
      id: `/kubepods/pod${uid}`,
      image: "",
      name: "",
      namespace,
      pod: name,
      interface: one.name,
    },
    value: value(one),
    atMs,
  }));
}
