import type { InterfaceUsage } from "./machine.ts";
import type { ContainerUsage, NodeUsage, PodUsage } from "./node-usage.ts";

const time = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");

/** The document of `/stats/summary` (stats/v1alpha1), whole or of CPU and memory alone. */
export function renderSummary(usage: NodeUsage, onlyCpuAndMemory: boolean): object {
  const { machine, atMs } = usage;
  const at = { time: time(atMs) };
  const { totalBytes: _, ...memory } = machine.memory;
  const swap = {
    ...at,
    swapAvailableBytes: machine.swap.availableBytes,
    swapUsageBytes: machine.swap.usageBytes,
  };
  const { disk } = machine;
  const fs = { ...at, ...disk, inodesUsed: disk.inodes - disk.inodesFree };
  return {
    node: {
      nodeName: usage.nodeName,
      startTime: time(machine.bootedAtMs),
      cpu: { ...at, ...cores(usage.cpuNanoCores), usageCoreNanoSeconds: machine.cpuUsageNanoSeconds },
      memory: { ...at, ...memory, pageFaults: 0, majorPageFaults: 0 },
      ...(!onlyCpuAndMemory && {
        network: network(atMs, machine.interfaces),
        fs,
        runtime: { imageFs: fs, containerFs: fs },
        rlimit: { ...at, maxpid: machine.processes.max, curproc: machine.processes.current },
      }),
      swap,
    },
    pods: usage.pods.map((pod) => podStats(pod, atMs, onlyCpuAndMemory)),
  };
}

function podStats({ pod, startedAtMs, containers, interfaces }: PodUsage, atMs: number, onlyCpuAndMemory: boolean) {
  const { name, namespace, uid } = pod.metadata;
  const rates = containers.map(({ cpuNanoCores }) => cpuNanoCores);
  const sumOfRates = rates.includes(undefined) ? undefined : sum(rates.map((rate) => rate ?? 0));
  const at = { time: time(atMs) };
  return {
    podRef: { name, namespace, uid },
    startTime: time(startedAtMs),
    containers: containers.map((container) => containerStats(container)),
    cpu: {
      ...at,
      ...cores(sumOfRates),
      usageCoreNanoSeconds: sum(containers.map(({ cpuUsageNanoSeconds }) => cpuUsageNanoSeconds)),
    },
    memory: {
      ...at,
      usageBytes: sum(containers.map(({ memoryUsageBytes }) => memoryUsageBytes)),
      workingSetBytes: sum(containers.map(({ memoryWorkingSetBytes }) => memoryWorkingSetBytes)),
      rssBytes: sum(containers.map(({ memoryRssBytes }) => memoryRssBytes)),
      pageFaults: sum(containers.map(({ pageFaults }) => pageFaults)),
      majorPageFaults: sum(containers.map(({ majorPageFaults }) => majorPageFaults)),
    },
    ...(!onlyCpuAndMemory && {
      ...(interfaces.length > 0 && { network: network(atMs, interfaces) }),
      process_stats: { process_count: sum(containers.map(({ processes }) => processes)) },
    }),
  };
}

function containerStats(container: ContainerUsage) {
  const at = { time: time(container.atMs) };
  return {
    name: container.name,
    startTime: time(container.startedAtMs),
    cpu: { ...at, ...cores(container.cpuNanoCores), usageCoreNanoSeconds: container.cpuUsageNanoSeconds },
    memory: {
      ...at,
      ...(container.memoryLimitBytes > 0 && {
        availableBytes: Math.max(0, container.memoryLimitBytes - container.memoryWorkingSetBytes),
      }),
      usageBytes: container.memoryUsageBytes,
      workingSetBytes: container.memoryWorkingSetBytes,
      rssBytes: container.memoryRssBytes,
      pageFaults: container.pageFaults,
      majorPageFaults: container.majorPageFaults,
    },
  };
}

const cores = (usageNanoCores: number | undefined) => (usageNanoCores === undefined ? {} : { usageNanoCores });

/** The default interface is told twice, by itself and among the others. */
function network(atMs: number, interfaces: readonly InterfaceUsage[]): object {
  const [first] = [...interfaces].sort((a, b) => Number(b.name === "eth0") - Number(a.name === "eth0"));
  return { time: time(atMs), ...first, interfaces };
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
