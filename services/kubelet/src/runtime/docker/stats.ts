import { totalmem } from "node:os";
import type { ContainerStats as DockerStats } from "dockerode";
import type { ContainerStats } from "../runtime.ts";

/** The counters that we read, by the names of both versions of control groups. */
type MemoryCounters = Partial<
  Record<
    | "inactive_file"
    | "total_inactive_file"
    | "anon"
    | "total_rss"
    | "pgfault"
    | "total_pgfault"
    | "pgmajfault"
    | "total_pgmajfault",
    number
  >
>;

/** Docker's statistics of a container, as the runtime port tells them. */
export function toContainerStats({
  memory_stats: memory,
  cpu_stats,
  pids_stats,
  blkio_stats,
}: DockerStats): ContainerStats {
  const counters = (memory.stats ?? {}) as MemoryCounters;
  const usage = memory.usage ?? 0;
  const limit = memory.limit ?? 0;
  const { periods = 0, throttled_periods = 0, throttled_time = 0 } = cpu_stats.throttling_data ?? {};
  return {
    cpuUsageNanoSeconds: cpu_stats.cpu_usage.total_usage,
    cpuPeriods: periods,
    cpuThrottledPeriods: throttled_periods,
    cpuThrottledNanoSeconds: throttled_time,
    memoryUsageBytes: usage,
    memoryWorkingSetBytes: Math.max(0, usage - (counters.inactive_file ?? counters.total_inactive_file ?? 0)),
    memoryRssBytes: counters.anon ?? counters.total_rss ?? 0,
    // Without a limit Docker names the machine's memory.
    memoryLimitBytes: limit >= totalmem() ? 0 : limit,
    pageFaults: counters.pgfault ?? counters.total_pgfault ?? 0,
    majorPageFaults: counters.pgmajfault ?? counters.total_pgmajfault ?? 0,
    processes: pids_stats?.current ?? 0,
    diskReadBytes: octetsOf(blkio_stats, "read"),
    diskWrittenBytes: octetsOf(blkio_stats, "write"),
  };
}

/** Of all disks together. */
function octetsOf(stats: DockerStats["blkio_stats"] | undefined, operation: string): number {
  const entries = (stats?.io_service_bytes_recursive ?? []) as readonly {
    readonly op?: string;
    readonly value?: number;
  }[];
  return entries.reduce((sum, { op, value = 0 }) => sum + (op?.toLowerCase() === operation ? value : 0), 0);
}
