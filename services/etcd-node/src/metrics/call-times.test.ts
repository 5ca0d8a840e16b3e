import assert from "node:assert/strict";
import type { Logger } from "@drydock/component";
import { KVService } from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { CallCounters } from "./call-counters.ts";

type Callable = (call: unknown, callback: (error: unknown) => void) => void;

describe("calls that take their time", () => {
  const create = (isExtensive: boolean, warningMs: number) => {
    const warnings: Record<string, unknown>[] = [];
    const logger = { warn: (fields: object, text: string) => warnings.push({ ...fields, text }) } as unknown as Logger;
    const counters = new CallCounters({ isExtensive, warningMs, logger });
    const implementation = {
      put: (ms: number, callback: (error: unknown) => void) => void setTimeout(() => callback(null), ms),
    } as unknown as UntypedServiceImplementation;
    const { put } = counters.wrap({ definition: KVService, implementation }).implementation as unknown as {
      put: Callable;
    };
    const call = (ms: number) => new Promise<void>((resolve) => put(ms, () => resolve()));
    return { call, warnings, counters };
  };

  it("are told of when they took longer than they should", async () => {
    const { call, warnings, counters } = create(false, 100);
    await Promise.all([call(1), call(300)]);
    assert.deepEqual(
      warnings.map((each) => [each["text"], each["response type"]]),
      [["request stats", "/etcdserverpb.KV/Put"]],
    );
    assert.match(String(warnings[0]?.["time spent"]), /^\d+ms$/);
    assert.equal(counters.all[0]?.durations, undefined);
  });

  it("are timed where that is wanted", async () => {
    const { call, counters } = create(true, 10_000);
    await Promise.all([call(1), call(60)]);
    const { durations } = counters.all[0] ?? {};
    assert.equal(durations?.count, 2);
    assert.ok((durations?.sumSeconds ?? 0) > 0.055);
    const counts = Object.fromEntries(
      Array.from(durations?.buckets() ?? [], ({ boundSeconds, count }) => [boundSeconds, count]),
    );
    assert.equal(counts["0.05"], 1);
  });
});
