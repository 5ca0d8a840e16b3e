import type { Prng } from "@drydock/base";
import type { EtcdCluster } from "../integration/etcd/etcd-cluster.ts";
import { defragment } from "./maintenance.ts";
import type { PeerProxies } from "./peer-proxy.ts";
import type { Recorder } from "./recorder.ts";

/** What a scenario works on. */
export interface Stage {
  readonly cluster: EtcdCluster;
  readonly proxies: PeerProxies;
  readonly recorder: Recorder;
  readonly prng: Prng;
}

/** Faults as data: what goes wrong once, again and again for as long as the run lasts. */
export interface Scenario {
  readonly name: string;
  readonly describes: string;
  /** Of every member from the start on. */
  readonly env?: NodeJS.ProcessEnv;
  readonly extraFlags?: readonly string[];
  round?(stage: Stage, number: number): Promise<void>;
}

export const MEMBERS = [0, 1, 2] as const;

/** Each crash window with a time at which it is reached under load. */
const WINDOWS = [
  "raft-before-save@40",
  "raft-after-save@60",
  "apply-before@50",
  "apply-after@70",
  "backend-before-write@8",
  "forget-before-write@1",
  "compact-before-save@1",
  "compact-before-release@1",
  "compact-after-release@1",
  "snapshot-before-send@1",
  "snapshot-before-install@1",
  "snapshot-after-install@1",
].map((window) => window.replace("@", "=kill@"));

export const scenarios: readonly Scenario[] = [
  { name: "calm", describes: "nothing goes wrong" },
  { name: "kill", describes: "one member after the other is killed", round: killOne },
  { name: "kill-leader", describes: "whoever leads is killed", round: killLeader },
  { name: "kill-all", describes: "all members are killed at once", round: killAll },
  { name: "pause", describes: "a member stands still and goes on as if no time had passed", round: pauseOne },
  { name: "pause-leader", describes: "whoever leads stands still", round: pauseLeader },
  { name: "partition", describes: "one member is cut off in both directions", round: partition },
  { name: "partition-one-way", describes: "a member hears, and is not heard, or the other way round", round: oneWay },
  { name: "delay", describes: "every link is slow by a time of its own", round: delay },
  { name: "rolling-restart", describes: "members are stopped gracefully, one after the other", round: rollingRestart },
  { name: "crash-windows", describes: "a member ends in each window of the driver", round: crashWindow },
  { name: "torn-write", describes: "a member ends in the middle of a write to its log", round: tornWrite },
  { name: "disk-full", describes: "the log has no room, and then it has again", round: diskFull },
  { name: "slow-disk", describes: "now and then a write takes long", round: slowDisk },
  { name: "replace", describes: "a member is lost with its disk, and another takes its place", round: replaceOne },
  { name: "defragment", describes: "a member rewrites its database, and ends while it does", round: defragmentOne },
  { name: "clock-jump", describes: "a member comes back an hour ahead or behind", round: clockJump },
];

/** Run by the tests of `npm test`. */
export const SELECTION = [
  "kill-all",
  "pause-leader",
  "partition-one-way",
  "crash-windows",
  "torn-write",
  "disk-full",
  "replace",
] as const;

async function killOne(stage: Stage, number: number): Promise<void> {
  await killAndRestart(stage, number % MEMBERS.length);
}

async function killLeader(stage: Stage): Promise<void> {
  await killAndRestart(stage, await stage.cluster.leaderIndex());
}

async function killAndRestart({ cluster, recorder, prng }: Stage, index: number): Promise<void> {
  await recorder.during(`kill ${index + 1}`, async () => {
    await cluster.stopMember(index, "SIGKILL");
    await wait(prng.next() * 1500);
    cluster.startMember(index);
    await cluster.waitUntilReady();
  });
}

async function killAll({ cluster, recorder }: Stage): Promise<void> {
  await recorder.during("kill all", async () => {
    await Promise.all(MEMBERS.map((index) => cluster.stopMember(index, "SIGKILL")));
    for (const index of MEMBERS) cluster.startMember(index);
    await cluster.waitUntilReady();
  });
}

async function pauseOne(stage: Stage, number: number): Promise<void> {
  await pauseMember(stage, number % MEMBERS.length);
}

async function pauseLeader(stage: Stage): Promise<void> {
  await pauseMember(stage, await stage.cluster.leaderIndex());
}

async function pauseMember({ cluster, recorder, prng }: Stage, index: number): Promise<void> {
  await recorder.during(`pause ${index + 1}`, async () => {
    cluster.signalMember(index, "SIGSTOP");
    await wait(1500 + prng.next() * 3500);
    cluster.signalMember(index, "SIGCONT");
    await cluster.waitUntilReady();
  });
}

async function partition({ cluster, proxies, recorder, prng }: Stage): Promise<void> {
  const index = prng.integer(MEMBERS.length);
  await recorder.during(`cut off ${index + 1}`, async () => {
    for (const other of MEMBERS) {
      if (other === index) continue;
      proxies.set(index, other, { isCut: true });
      proxies.set(other, index, { isCut: true });
    }
    await wait(2000 + prng.next() * 4000);
    proxies.heal();
    await cluster.waitUntilReady();
  });
}

async function oneWay({ cluster, proxies, recorder, prng }: Stage): Promise<void> {
  const leader = await cluster.leaderIndex();
  const index = prng.next() < 0.7 ? leader : prng.integer(MEMBERS.length);
  const isHeard = prng.next() < 0.5;
  await recorder.during(`${index + 1} ${isHeard ? "hears nobody" : "is not heard"}`, async () => {
    for (const other of MEMBERS) {
      if (other === index) continue;
      if (isHeard) proxies.set(other, index, { isCut: true });
      else proxies.set(index, other, { isCut: true });
    }
    await wait(2000 + prng.next() * 4000);
    proxies.heal();
    await cluster.waitUntilReady();
  });
}

async function delay({ cluster, proxies, recorder, prng }: Stage): Promise<void> {
  await recorder.during("slow links", async () => {
    for (const from of MEMBERS)
      for (const to of MEMBERS) if (from !== to) proxies.set(from, to, { delayMs: prng.integer(250) });
    await wait(4000);
    proxies.heal();
    await cluster.waitUntilReady();
  });
}

async function rollingRestart({ cluster, recorder }: Stage, number: number): Promise<void> {
  const index = number % MEMBERS.length;
  await recorder.during(`restart ${index + 1}`, async () => {
    await cluster.stopMember(index, "SIGTERM");
    cluster.startMember(index);
    await cluster.waitUntilReady();
  });
}

async function crashWindow(stage: Stage, number: number): Promise<void> {
  const window = WINDOWS[number % WINDOWS.length] as string;
  await withFailpoint(stage, stage.prng.integer(MEMBERS.length), window, 4000);
}

async function tornWrite(stage: Stage): Promise<void> {
  await withFailpoint(
    stage,
    stage.prng.integer(MEMBERS.length),
    `wal-append=torn@${10 + stage.prng.integer(60)}`,
    5000,
  );
}

async function diskFull(stage: Stage): Promise<void> {
  await withFailpoint(
    stage,
    stage.prng.integer(MEMBERS.length),
    `wal-append=full@${10 + stage.prng.integer(60)}+`,
    5000,
  );
}

async function slowDisk(stage: Stage): Promise<void> {
  await withFailpoint(stage, stage.prng.integer(MEMBERS.length), "wal-append=sleep:400%10", 4000);
}

async function replaceOne({ cluster, recorder }: Stage, number: number): Promise<void> {
  const index = number % MEMBERS.length;
  await recorder.during(`replace ${index + 1}`, async () => {
    await cluster.replaceMember(index);
    await cluster.waitUntilReady();
  });
}

async function defragmentOne({ cluster, recorder }: Stage, number: number): Promise<void> {
  const index = number % MEMBERS.length;
  const failpoint = ["", "defragment-before-swap=kill", "defragment-after-swap=kill"][number % 3] as string;
  await recorder.during(`${index + 1} defragments ${failpoint}`, async () => {
    await cluster.stopMember(index, "SIGKILL");
    cluster.startMember(index, MEMBERS, { DRYDOCK_FAILPOINT: failpoint });
    await cluster.waitUntilReady();
    // It ends in the middle of it; that its connection is gone is known before that the process is.
    await defragment(cluster.members[index]?.clientUrl as string).catch(() => {});
    if (failpoint !== "") {
      await cluster.stopMember(index, "SIGKILL");
      cluster.startMember(index);
    }
    await cluster.waitUntilReady();
  });
}

/** Restarts a member with a failpoint; when it has ended by it, or the time is over, it comes back without. */
async function withFailpoint(
  { cluster, recorder }: Stage,
  index: number,
  failpoint: string,
  limitMs: number,
): Promise<void> {
  await recorder.during(`${index + 1}: ${failpoint}`, async () => {
    await cluster.stopMember(index, "SIGKILL");
    cluster.startMember(index, MEMBERS, { DRYDOCK_FAILPOINT: failpoint });
    const deadlineMs = performance.now() + limitMs;
    while (cluster.isRunning(index) && performance.now() < deadlineMs) await wait(20);
    await cluster.stopMember(index, "SIGKILL");
    cluster.startMember(index);
    await cluster.waitUntilReady();
  });
}

async function clockJump({ cluster, recorder, prng }: Stage, number: number): Promise<void> {
  const index = number % MEMBERS.length;
  const offsetMs = prng.next() < 0.5 ? 3_600_000 : -3_600_000;
  await recorder.during(`clock of ${index + 1} ${offsetMs > 0 ? "ahead" : "behind"}`, async () => {
    await cluster.stopMember(index, "SIGKILL");
    cluster.startMember(index, MEMBERS, { DRYDOCK_CLOCK_OFFSET_MS: String(offsetMs) });
    await cluster.waitUntilReady();
    await wait(1000);
  });
}

/** How long a fault lasts: nothing is waited for here. */
function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
