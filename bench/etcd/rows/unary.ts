import { randomBytes } from "node:crypto";
import {
  Compare_CompareResult as CompareResult,
  Compare_CompareTarget as CompareTarget,
  PutRequest,
  RangeRequest,
  TxnRequest,
} from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { type LoadOptions, runLoad } from "../../load/run-load.ts";
import type { Measurement, Row } from "../../rows/row.ts";
import type { Members } from "../members.ts";

const KEYS = 10_000;
const WARM_UP_MS = 700;
const DURATION_MS = Number(process.env["BENCH_SECONDS"] ?? 3) * 1000;
const NO_RANGE = RangeRequest.decode(new Uint8Array(0));
const PATH = "/etcdserverpb.KV";

const keyOf = (number: number): Buffer => Buffer.from(`/bench/k${String(number % KEYS).padStart(8, "0")}`);

/** Puts of values of `bytes` to the leader. */
export function putRow(bytes: number, clients: number): Row<Members> {
  const messages = Array.from({ length: 1000 }, (_, number) => put(keyOf(number * 7), randomBytes(bytes)));
  const name = `put ${bytes} B, ${clients} client${clients === 1 ? "" : "s"}`;
  return unaryRow(name, {
    path: `${PATH}/Put`,
    message: (call) => messages[call % 1000] as Buffer,
    concurrency: clients,
  });
}

export function getRow(isSerializable: boolean, clients: number): Row<Members> {
  const messages = Array.from({ length: 1000 }, (_, number) =>
    range({ key: keyOf(number * 7), serializable: isSerializable }),
  );
  const name = `${isSerializable ? "serializable" : "linearizable"} get, ${clients} clients`;
  return unaryRow(name, {
    path: `${PATH}/Range`,
    message: (call) => messages[call % 1000] as Buffer,
    concurrency: clients,
  });
}

export function rangeRow(keys: number, clients: number): Row<Members> {
  const message = range({ key: Buffer.from("/range/"), rangeEnd: Buffer.from("/range0"), limit: keys });
  return {
    ...unaryRow(`range of ${keys} × 2 KiB, ${clients} clients`, {
      path: `${PATH}/Range`,
      message,
      concurrency: clients,
    }),
  };
}

/** As the apiserver writes: puts if the key still has the revision that was read, else reads it. */
export function compareAndSwapRow(clients: number): Row<Members> {
  const value = randomBytes(2048);
  const message = (call: number) => {
    const key = Buffer.from(`/cas/${call}`);
    return Buffer.from(
      TxnRequest.encode({
        compare: [
          {
            key,
            rangeEnd: Buffer.alloc(0),
            result: CompareResult.EQUAL,
            target: CompareTarget.MOD,
            targetUnion: { $case: "modRevision", value: 0 },
          },
        ],
        success: [{ request: { $case: "requestPut", value: PutRequest.decode(put(key, value)) } }],
        failure: [{ request: { $case: "requestRange", value: RangeRequest.decode(range({ key })) } }],
      }).finish(),
    );
  };
  return unaryRow(`txn compare-and-swap 2 KiB, ${clients} clients`, {
    path: `${PATH}/Txn`,
    message,
    concurrency: clients,
  });
}

/** What ranges read: written once. */
export async function fill(members: Members): Promise<void> {
  const value = randomBytes(2048);
  const target = await members.leaderTarget();
  let left = 1000;
  await runLoad({
    target,
    path: `${PATH}/Put`,
    message: () => put(Buffer.from(`/range/${String(left-- % 1000).padStart(6, "0")}`), value),
    concurrency: 16,
    durationMs: 1500,
  });
  await runLoad({
    target,
    path: `${PATH}/Put`,
    message: (call) => put(keyOf(call), randomBytes(256)),
    concurrency: 64,
    durationMs: 3000,
  });
}

function unaryRow(name: string, load: Pick<LoadOptions, "path" | "message" | "concurrency">): Row<Members> {
  return {
    name,
    unit: "/s",
    isMoreBetter: true,
    async measure(members): Promise<Measurement> {
      const target = await members.leaderTarget();
      const connections = Math.min(load.concurrency, 16);
      await runLoad({ ...load, target, connections, durationMs: WARM_UP_MS });
      const cpuBefore = members.cpuSeconds();
      const result = await runLoad({ ...load, target, connections, durationMs: DURATION_MS });
      const cpuMicros = ((members.cpuSeconds() - cpuBefore) / result.calls) * 1e6;
      const { p50: p50Ms, p99: p99Ms } = result.latencyMs;
      return { value: result.callsPerSecond, p50Ms, p99Ms, cpuMicros, errors: result.errors };
    },
  };
}

function put(key: Buffer, value: Buffer): Buffer {
  const request = { key, value, lease: "0", prevKv: false, ignoreValue: false, ignoreLease: false };
  return Buffer.from(PutRequest.encode(request).finish());
}

function range(part: Partial<RangeRequest>): Buffer {
  return Buffer.from(RangeRequest.encode({ ...NO_RANGE, ...part }).finish());
}
