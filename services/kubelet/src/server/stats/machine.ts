import { readFile, statfs } from "node:fs/promises";

/** What the machine has used, and has left. */
export interface MachineUsage {
  /** Of all processors together, since the machine started. */
  readonly cpuUsageNanoSeconds: number;
  readonly bootedAtMs: number;
  readonly memory: MemoryUsage;
  readonly swap: { readonly usageBytes: number; readonly availableBytes: number };
  readonly disk: DiskUsage;
  readonly interfaces: readonly InterfaceUsage[];
  readonly processes: { readonly current: number; readonly max: number };
}

interface MemoryUsage {
  readonly totalBytes: number;
  readonly usageBytes: number;
  readonly workingSetBytes: number;
  readonly availableBytes: number;
  readonly rssBytes: number;
}

interface DiskUsage {
  readonly capacityBytes: number;
  readonly availableBytes: number;
  readonly usedBytes: number;
  readonly inodes: number;
  readonly inodesFree: number;
}

export interface InterfaceUsage {
  readonly name: string;
  readonly rxBytes: number;
  readonly rxErrors: number;
  readonly txBytes: number;
  readonly txErrors: number;
}

/** The kernel's clock ticks a second, as it tells times to programs. */
const TICKS_PER_SECOND = 100;

export async function readMachine(rootDirectory: string): Promise<MachineUsage> {
  const [stat, meminfo, network, load, pidMax, disk] = await Promise.all([
    readFile("/proc/stat", "utf8"),
    readFile("/proc/meminfo", "utf8"),
    readFile("/proc/self/net/dev", "utf8"),
    readFile("/proc/loadavg", "utf8"),
    readFile("/proc/sys/kernel/pid_max", "utf8"),
    statfs(rootDirectory),
  ]);
  return {
    ...parseStat(stat),
    ...parseMemory(meminfo),
    disk: {
      capacityBytes: disk.blocks * disk.bsize,
      availableBytes: disk.bavail * disk.bsize,
      usedBytes: (disk.blocks - disk.bfree) * disk.bsize,
      inodes: disk.files,
      inodesFree: disk.ffree,
    },
    interfaces: parseInterfaces(network),
    processes: { current: Number(/\/(\d+)/.exec(load)?.[1] ?? 0), max: Number(pidMax) },
  };
}

export function parseStat(text: string): Pick<MachineUsage, "cpuUsageNanoSeconds" | "bootedAtMs"> {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (/^cpu +(.*)$/m.exec(text)?.[1] ?? "")
    .split(" ")
    .map(Number);
  const ticks = user + nice + system + irq + softirq + steal;
  return {
    cpuUsageNanoSeconds: (ticks * 1e9) / TICKS_PER_SECOND,
    bootedAtMs: Number(/^btime (\d+)$/m.exec(text)?.[1] ?? 0) * 1000,
  };
}

export function parseMemory(text: string): Pick<MachineUsage, "memory" | "swap"> {
  const bytes = (name: string) => Number(new RegExp(`^${name}: +(\\d+) kB$`, "m").exec(text)?.[1] ?? 0) * 1024;
  const totalBytes = bytes("MemTotal");
  const usageBytes = totalBytes - bytes("MemFree");
  // As cAdvisor has it: what files have left behind and nobody reads is not work.
  const workingSetBytes = Math.max(0, usageBytes - bytes("Inactive\\(file\\)"));
  const swapBytes = bytes("SwapTotal");
  const swapAvailable = bytes("SwapFree");
  return {
    memory: {
      totalBytes,
      usageBytes,
      workingSetBytes,
      availableBytes: totalBytes - workingSetBytes,
      rssBytes: bytes("AnonPages"),
    },
    swap: { usageBytes: swapBytes - swapAvailable, availableBytes: swapAvailable },
  };
}

/** Those of a network namespace, as `/proc/<pid>/net/dev` tells; without its loopback. */
export function parseInterfaces(text: string): InterfaceUsage[] {
  return text
    .split("\n")
    .slice(2)
    .flatMap((line) => {
      const [name = "", numbers = ""] = line.split(":");
      const [rxBytes = 0, , rxErrors = 0, , , , , , txBytes = 0, , txErrors = 0] = numbers
        .trim()
        .split(/ +/)
        .map(Number);
      return numbers === "" || name.trim() === "lo"
        ? []
        : [{ name: name.trim(), rxBytes, rxErrors, txBytes, txErrors }];
    });
}
