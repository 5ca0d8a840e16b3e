import { createPrng, type Prng } from "@drydock/base";
import type { KvRequest } from "@drydock/checker";
import { EtcdError } from "@drydock/etcd-client";
import type { KvSession } from "./kv-session.ts";
import type { Recorder } from "./recorder.ts";

/** What a client does, again and again, until it is told to stop. */
export interface Workload {
  readonly session: KvSession;
  readonly recorder: Recorder;
  readonly prng: Prng;
  readonly signal: AbortSignal;
}

const KEYS = ["k0", "k1", "k2", "k3", "k4"] as const;
const PAUSE_MS = 25;
const LIST_KEY = "list/0";
const LOCK_KEY = "lock/0";
const LEASE_SECONDS = 2;

export function createWorkload(session: KvSession, recorder: Recorder, seed: number, signal: AbortSignal): Workload {
  return { session, recorder, prng: createPrng(seed), signal };
}

/** Puts, gets, deletes, ranges and transactions on a few keys. */
export async function runRegister({ session, prng, signal }: Workload): Promise<void> {
  const known = new Map<string, number>();
  let revision = 0;
  for (let count = 0; !signal.aborted; count++) {
    if (prng.next() < 0.1)
      await session.readPast("k", "l", prng.next() < 0.5 ? 0 : Math.max(0, revision - prng.integer(20)));
    else {
      const request = chooseRequest(prng, known, `${session.name}.${count}`);
      const response = await session.run(request);
      revision = response?.revision ?? revision;
      if (response && request.kind === "put") known.set(request.key, response.revision);
      if (response?.result.kind === "range")
        for (const { key, modRevision } of response.result.kvs) known.set(key, modRevision);
    }
    await pause(prng, PAUSE_MS);
  }
}

function chooseRequest(prng: Prng, known: ReadonlyMap<string, number>, value: string): KvRequest {
  const key = KEYS[prng.integer(KEYS.length)] as string;
  const dice = prng.next();
  if (dice < 0.3) return { kind: "put", key, value };
  if (dice < 0.55) return { kind: "range", key };
  if (dice < 0.65) return { kind: "range", key: "k", end: "l" };
  if (dice < 0.72) return { kind: "delete", key };
  const both = KEYS.slice(0, 2).map((each): KvRequest => ({ kind: "put", key: each, value }));
  if (dice < 0.8) return { kind: "txn", compare: [], success: both, failure: [] };
  return {
    kind: "txn",
    compare: [{ key, target: "mod", operator: "=", operand: known.get(key) ?? 0 }],
    success: [{ kind: "put", key, value }],
    failure: [{ kind: "range", key }],
  };
}

/** Appends to one list by reading it and putting it back if nobody else has meanwhile. */
export async function runAppendList({ session, recorder, prng, signal }: Workload): Promise<void> {
  for (let count = 0; !signal.aborted; count++) {
    await pause(prng, 4 * PAUSE_MS);
    const calledMs = recorder.nowMs();
    const read = await session.run({ kind: "range", key: LIST_KEY });
    if (read?.result.kind !== "range") continue;
    const [current] = read.result.kvs;
    const list = current ? current.value.split(" ") : [];
    recorder.list(session.name, { kind: "read" }, calledMs, {
      kind: "returned",
      atMs: recorder.nowMs(),
      response: list,
    });
    const element = `${session.name}.${count}`;
    const longer = [...list, element];
    const askedMs = recorder.nowMs();
    const before = recorder.operations.length;
    const answer = await session.run({
      kind: "txn",
      compare: [{ key: LIST_KEY, target: "mod", operator: "=", operand: current?.modRevision ?? 0 }],
      success: [{ kind: "put", key: LIST_KEY, value: longer.join(" ") }],
      failure: [],
    });
    const request = { kind: "append", element } as const;
    if (answer?.result.kind === "txn" && answer.result.isSuccess)
      recorder.list(session.name, request, askedMs, { kind: "returned", atMs: recorder.nowMs(), response: longer });
    else if (!answer && recorder.operations.length > before)
      recorder.list(session.name, request, askedMs, { kind: "unknown" });
  }
}

/** A lease with a key, kept alive for a while and then left to end. Who sees the key go is `watchLeases`. */
export async function runLease({ session, recorder, prng, signal }: Workload): Promise<void> {
  while (!signal.aborted) {
    const lease = await grant(session, recorder);
    if (lease === undefined) {
      await pause(prng, PAUSE_MS);
      continue;
    }
    await session.run({ kind: "put", key: `lease/${session.name}`, value: lease, lease });
    for (let left = 1 + prng.integer(5); left > 0 && !signal.aborted; left--) {
      await pause(prng, LEASE_SECONDS * 900);
      if (!(await keepAlive(session, recorder, lease))) break;
    }
    await pause(prng, LEASE_SECONDS * 1000);
  }
}

/** Takes a lock by a key under a lease, holds it a moment, and lets it go. */
export async function runLock({ session, recorder, prng, signal }: Workload): Promise<void> {
  while (!signal.aborted) {
    const askedMs = recorder.nowMs();
    const lease = await grant(session, recorder);
    if (lease === undefined) {
      await pause(prng, PAUSE_MS);
      continue;
    }
    for (let tries = 0; tries < 10 && !signal.aborted; tries++) {
      const value = `${lease}.${tries}`;
      const taken = await session.run({
        kind: "txn",
        compare: [{ key: LOCK_KEY, target: "create", operator: "=", operand: 0 }],
        success: [{ kind: "put", key: LOCK_KEY, value, lease }],
        failure: [],
      });
      if (taken?.result.kind !== "txn" || !taken.result.isSuccess) {
        await pause(prng, 4 * PAUSE_MS);
        continue;
      }
      await hold({ session, recorder, prng, signal }, lease, value, askedMs + LEASE_SECONDS * 1000);
      break;
    }
  }
}

async function hold(
  { session, recorder, prng }: Workload,
  lease: string,
  value: string,
  validUntilMs: number,
): Promise<void> {
  const fromMs = recorder.nowMs();
  let certainUntilMs = validUntilMs;
  if (prng.next() < 0.5) {
    const sentMs = recorder.nowMs();
    if (await keepAlive(session, recorder, lease)) certainUntilMs = sentMs + LEASE_SECONDS * 1000;
  }
  await pause(prng, 20 * PAUSE_MS);
  const untilMs = Math.min(recorder.nowMs(), certainUntilMs);
  if (untilMs > fromMs)
    recorder.lockHolds.push({ id: recorder.id(), lock: LOCK_KEY, client: session.name, fromMs, untilMs });
  // Only if it is still its own.
  await session.run({
    kind: "txn",
    compare: [{ key: LOCK_KEY, target: "value", operator: "=", operand: value }],
    success: [{ kind: "delete", key: LOCK_KEY }],
    failure: [],
  });
}

async function grant(session: KvSession, recorder: Recorder): Promise<string | undefined> {
  const sentMs = recorder.nowMs();
  const answer = await session.client.leaseGrant({ ttl: LEASE_SECONDS }).catch(ignoreFailure);
  if (!answer) return undefined;
  recorder.leaseEvents.push({
    kind: "alive",
    id: recorder.id(),
    lease: answer.ID,
    sentMs,
    ttlMs: answer.TTL * 1000,
  });
  return answer.ID;
}

async function keepAlive(session: KvSession, recorder: Recorder, lease: string): Promise<boolean> {
  const sentMs = recorder.nowMs();
  const ttl = await session.client.leaseKeepAliveOnce(lease, { timeoutMs: 2000 }).catch(ignoreFailure);
  if (!ttl) return false;
  recorder.leaseEvents.push({ kind: "alive", id: recorder.id(), lease, sentMs, ttlMs: ttl * 1000 });
  return true;
}

function ignoreFailure(error: unknown): undefined {
  if (!(error instanceof EtcdError)) throw error;
  return undefined;
}

function pause(prng: Prng, mostMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, prng.next() * mostMs));
}
