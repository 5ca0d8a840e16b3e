import { readFileSync } from "node:fs";
import type { NodeId, Role } from "@drydock/raft";
import type { Registry } from "prom-client";
import type { Driver } from "../driver/driver.ts";

/** `/debug/vars` as Go's expvar writes it: a variable a line. Of Go's memory figures those that Node has, too. */
export async function renderDebugVars(driver: Driver, self: NodeId, metrics: Registry): Promise<string> {
  const variables = {
    cmdline: process.argv,
    file_descriptor_limit: descriptorLimit(),
    memstats: { ...memory(), ...(await collections(metrics)), EnableGC: true, DebugGC: false },
    "raft.status": raftStatus(driver, self),
  };
  const lines = Object.entries(variables).map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  return `{\n${lines.join(",\n")}\n}\n`;
}

/** etcd's names; a candidate that asks before it counts is one of its own kind. */
const STATES: Readonly<Record<Role, string>> = {
  follower: "StateFollower",
  "pre-candidate": "StatePreCandidate",
  candidate: "StateCandidate",
  leader: "StateLeader",
};
const PROGRESS = { probe: "StateProbe", replicate: "StateReplicate", snapshot: "StateSnapshot" } as const;

function raftStatus({ status }: Driver, self: NodeId) {
  const hex = (id: NodeId) => (id === "" ? "0" : BigInt(id).toString(16));
  const { vote, transferTarget, progress } = status.details;
  const members = Array.from(progress, ([id, { match, next, state }]) => [
    hex(id),
    { match, next, state: PROGRESS[state] },
  ]);
  return {
    id: hex(self),
    term: status.term,
    vote: hex(vote),
    commit: status.committed,
    lead: hex(status.leader),
    raftState: STATES[status.role],
    applied: status.applied,
    progress: Object.fromEntries(status.role === "leader" ? members : []),
    leadtransferee: hex(transferTarget),
  };
}

function memory() {
  const { rss, heapTotal, heapUsed } = process.memoryUsage();
  return {
    Alloc: heapUsed,
    Sys: rss,
    HeapAlloc: heapUsed,
    HeapSys: heapTotal,
    HeapIdle: heapTotal - heapUsed,
    HeapInuse: heapUsed,
  };
}

/** As the process counts them anyway. */
async function collections(metrics: Registry) {
  const found = await metrics.getSingleMetric("nodejs_gc_duration_seconds")?.get();
  const values = (found?.values ?? []) as readonly { metricName?: string; value: number }[];
  const sum = (suffix: string) =>
    values.reduce((total, { metricName, value }) => total + (metricName?.endsWith(suffix) ? value : 0), 0);
  return { PauseTotalNs: Math.round(sum("_sum") * 1e9), NumGC: sum("_count") };
}

/** Of the process; 0 where the system does not tell. */
function descriptorLimit(): number {
  try {
    return Number(/^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
