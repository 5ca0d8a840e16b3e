import { LoadConnection } from "../../load/load-connection.ts";
import { runLoad } from "../../load/run-load.ts";
import type { Measurement, Row } from "../../rows/row.ts";
import { Members } from "../members.ts";
import { putOf } from "./streams.ts";

const LOST_MS = 250;

/** SIGKILL to the leader; until one of the others has accepted a put. */
export const leaderKillRow: Row<Members> = {
  name: "leader killed → next accepted put",
  unit: " ms",
  isMoreBetter: false,
  rounds: 7,
  async measure(members): Promise<Measurement> {
    const leader = await members.leader();
    const others = members.targets.filter((_, index) => index !== leader);
    const probes = await Promise.all(others.map((target) => LoadConnection.open(target)));
    await members.kill(leader);
    const startMs = performance.now();
    const done = new AbortController();
    const value = await Promise.race(probes.map((probe) => untilAccepted(probe, startMs, done.signal)));
    done.abort();
    for (const probe of probes) probe.close();
    members.startMember(leader);
    await untilAllAnswer(members);
    return { value };
  },
};

/** Tries again and again: a put that waits for a leader may be answered late, so a new one goes out every so often. */
async function untilAccepted(probe: LoadConnection, startMs: number, signal: AbortSignal): Promise<number> {
  let accepted: number | undefined;
  while (accepted === undefined && !signal.aborted) {
    const answered = new Promise<boolean>((resolve) =>
      probe.unary("/etcdserverpb.KV/Put", putOf("/probe", 16), { onEnd: (status) => resolve(status === "0") }),
    ).then((isAccepted) => {
      if (isAccepted) accepted ??= performance.now() - startMs;
    });
    await Promise.race([answered, pause(LOST_MS)]);
    if (accepted === undefined) await pause(5);
  }
  return accepted ?? Number.NaN;
}

async function untilAllAnswer(members: Members): Promise<void> {
  for (const target of members.targets) {
    for (;;) {
      const isUp = await LoadConnection.open(target).then(
        (connection) => {
          connection.close();
          return true;
        },
        () => false,
      );
      if (isUp) break;
      await pause(50);
    }
  }
  await members.leader();
  // Streams between the members, and what the one that was away missed.
  await pause(1500);
}

const WRITING_MS_MAX = 600_000;

/** Fills members with so many keys and tells what they need: to take a put then, in memory, and to come back after SIGKILL. */
export async function measureGrowth(system: Members["system"], keys: number): Promise<Record<string, number>> {
  const members = await Members.start(system);
  try {
    const early = await putsPerSecond(members, 10_000, 0);
    let written = 10_000;
    while (written < keys) {
      const batch = Math.min(100_000, keys - written);
      await writeKeys(members, written, batch);
      written += batch;
    }
    const late = await putsPerSecond(members, 10_000, written);
    const memoryMiB = Math.max(...members.memoryMiB());
    await Promise.all([0, 1, 2].map((index) => members.kill(index)));
    const startMs = performance.now();
    for (const index of [0, 1, 2]) members.startMember(index);
    await members.leader();
    const restartMs = performance.now() - startMs;
    return { early, late, memoryMiB, restartMs, memoryAfterRestartMiB: Math.max(...members.memoryMiB()) };
  } finally {
    await members.dispose();
  }
}

async function putsPerSecond(members: Members, count: number, from: number): Promise<number> {
  const startMs = performance.now();
  await writeKeys(members, from, count);
  return count / ((performance.now() - startMs) / 1000);
}

async function writeKeys(members: Members, from: number, count: number): Promise<void> {
  await runLoad({
    target: await members.leaderTarget(),
    path: "/etcdserverpb.KV/Put",
    message: (call) => putOf(`/growth/${String(from + call).padStart(10, "0")}`, 64),
    concurrency: 256,
    connections: 8,
    callsMax: count,
    durationMs: WRITING_MS_MAX,
  });
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
