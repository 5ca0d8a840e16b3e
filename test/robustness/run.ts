import { createPrng } from "@drydock/base";
import type { RevisionHistory, Violation } from "@drydock/checker";
import { EtcdCluster, NotReadyError, until } from "../integration/etcd/etcd-cluster.ts";
import { checkRun } from "./check-run.ts";
import { KvSession } from "./kv-session.ts";
import { hashKv } from "./maintenance.ts";
import { PeerProxies } from "./peer-proxy.ts";
import { Recorder } from "./recorder.ts";
import { MEMBERS, type Scenario, type Stage } from "./scenarios.ts";
import { mergeWatches, Watching } from "./watching.ts";
import { createWorkload, runAppendList, runLease, runLock, runRegister, type Workload } from "./workloads.ts";

export interface RunOptions {
  readonly scenario: Scenario;
  readonly seconds: number;
  readonly seed: number;
  /** A slow machine goes on for longer, up to this many operations or four times the seconds. */
  readonly operationsMin?: number;
}

export interface RunResult {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly recorder: Recorder;
  readonly history: RevisionHistory;
  readonly violations: readonly Violation[];
}

const CALL_TIMEOUT_MS = 3000;
const SETTLE_LIMIT_MS = 40_000;
/** Of each member's clients, in turn. */
const WORKLOADS: readonly ((workload: Workload) => Promise<void>)[] = [runRegister, runAppendList, runLease, runLock];

/** Three real members under load and a scenario's faults; in the end everything heals, and what was seen is checked. */
export async function run({ scenario, seconds, seed, operationsMin = 0 }: RunOptions): Promise<RunResult> {
  const proxies = new PeerProxies(() => (cluster ? MEMBERS.map((index) => cluster?.pid(index)) : []));
  let cluster: EtcdCluster | undefined;
  try {
    cluster = await EtcdCluster.start({
      isSecure: false,
      extraFlags: ["--snapshot-count=100", "--snapshot-catchup-entries=50", ...(scenario.extraFlags ?? [])],
      advertisePeer: (index, url) => proxies.open(index, url),
      ...(scenario.env ? { env: scenario.env } : {}),
    });
    const stage = { cluster, proxies, recorder: new Recorder(), prng: createPrng(seed) };
    return await perform(stage, { scenario, seconds, seed, operationsMin });
  } finally {
    await cluster?.dispose();
    await proxies.close();
  }
}

async function perform(stage: Stage, options: Required<RunOptions>): Promise<RunResult> {
  const { cluster, recorder } = stage;
  const { scenario, seconds, seed, operationsMin } = options;
  const stopping = new AbortController();
  const sessions = MEMBERS.flatMap((index) =>
    WORKLOADS.map(
      (_, number) =>
        new KvSession(`c${index + 1}${"rlek"[number]}`, cluster.client([index], CALL_TIMEOUT_MS), recorder),
    ),
  );
  const watches = MEMBERS.map((index) => new Watching(`w${index + 1}`, cluster.client([index]), recorder));
  const work = sessions.map((session, number) => {
    const workload = createWorkload(session, recorder, seed * 100 + number, stopping.signal);
    return (WORKLOADS[number % WORKLOADS.length] as (typeof WORKLOADS)[number])(workload);
  });
  const startedMs = recorder.nowMs();
  const lasts = () => {
    const share = (recorder.nowMs() - startedMs) / 1000 / seconds;
    return share < 1 || (share < 4 && recorder.operations.length < operationsMin);
  };
  const violations: Violation[] = [];
  try {
    for (let round = 0; lasts(); round++) {
      await new Promise((resolve) => setTimeout(resolve, 300 + stage.prng.next() * 700));
      await scenario.round?.(stage, round);
    }
    await cluster.waitUntilReady();
  } catch (error) {
    if (!(error instanceof NotReadyError)) throw error;
    violations.push({ check: "recovery", message: error.message, offender: "end" });
  } finally {
    // Also when a fault could not be brought about: clients whose cluster is gone must not go on.
    stopping.abort();
    await Promise.all(work);
  }
  if (violations.length === 0) violations.push(...(await settle(stage, watches)));
  await Promise.all(watches.map((watch) => watch.stop()));
  const { history, violation } = mergeWatches(watches);
  return {
    scenario,
    seed,
    recorder,
    history,
    violations: [...violations, ...(violation ? [violation] : []), ...checkRun(recorder, history)],
  };
}

/** Members that have come together again: the same hash everywhere, and every watch at the end of the history. */
async function settle({ cluster, recorder }: Stage, watches: readonly Watching[]): Promise<Violation[]> {
  const violations: Violation[] = [];
  const reader = new KvSession("end", cluster.client(), recorder);
  const last = await until("a last read", () => reader.run({ kind: "range", key: "a", end: "z" }), SETTLE_LIMIT_MS);
  const agree = await until(
    "equal hashes",
    async () => {
      const hashes = await Promise.all(
        cluster.endpoints.map((url) => hashKv(url, last.revision).catch(() => undefined)),
      );
      return hashes.every((each) => each?.hash === hashes[0]?.hash) && hashes[0] ? true : undefined;
    },
    SETTLE_LIMIT_MS,
  ).catch((error: Error) => error);
  if (agree instanceof Error)
    violations.push({ check: "hash-kv", message: `members differ at revision ${last.revision}`, offender: "end" });
  for (const watch of watches) {
    await until(`${watch.name} to be at the end`, async () =>
      watch.lastRevision >= last.revision ? true : undefined,
    ).catch(() =>
      violations.push({
        check: "watch-live",
        message: `it stopped at ${watch.lastRevision} of ${last.revision}`,
        offender: watch.name,
      }),
    );
  }
  return violations;
}
