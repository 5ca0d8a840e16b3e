import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { KVService, PutRequest, WatchService } from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { status, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { CallCounters } from "./call-counters.ts";
import { DurationHistogram } from "./duration-histogram.ts";

type Callable = (call: unknown, callback?: (error: unknown) => void) => void;

describe("counted calls", () => {
  it("tell how each method was called and how its calls ended", () => {
    const counters = new CallCounters();
    const outcomes: unknown[] = [null, { code: status.PERMISSION_DENIED }, null];
    const implementation = {
      put: (_call: unknown, callback: (error: unknown) => void) => callback(outcomes.shift()),
    } as unknown as UntypedServiceImplementation;
    const { put } = counters.wrap({ definition: KVService, implementation }).implementation as unknown as {
      put: Callable;
    };
    const seen: unknown[] = [];
    for (let count = 0; count < 3; count++) put({}, (error) => seen.push(error));
    assert.deepEqual(seen, [null, { code: status.PERMISSION_DENIED }, null]);
    const [counter] = counters.all;
    assert.deepEqual([counter?.type, counter?.service, counter?.method], ["unary", "etcdserverpb.KV", "Put"]);
    assert.equal(counter?.started, 3);
    assert.deepEqual(
      [...(counter?.handled ?? [])],
      [
        ["OK", 2],
        ["PermissionDenied", 1],
      ],
    );
  });

  it("tell of the messages, in pieces too", () => {
    const counters = new CallCounters();
    const range = { ...KVService.range, responsePieces: () => [Buffer.alloc(3), Buffer.alloc(4)] };
    const implementation = { put: () => {}, range: () => {} } as unknown as UntypedServiceImplementation;
    const { definition } = counters.wrap({ definition: { ...KVService, range }, implementation });
    const methods = definition as unknown as Record<string, typeof range>;
    assert.deepEqual(Object.keys(methods).sort(), ["put", "range"]);
    const put = KVService.put.requestSerialize(PutRequest.decode(Buffer.alloc(0)));
    for (let count = 0; count < 3; count++)
      methods["put"]?.requestDeserialize(Buffer.concat([put, Buffer.from([0x20, 1])]));
    assert.equal(methods["range"]?.responsePieces().length, 2);
    const [ranges, puts] = ["Range", "Put"].map((name) => counters.all.find(({ method }) => method === name));
    assert.deepEqual(
      [puts?.received, puts?.sent],
      [
        { count: 3, bytes: 6 },
        { count: 0, bytes: 0 },
      ],
    );
    assert.deepEqual(ranges?.sent, { count: 1, bytes: 7 });
    assert.deepEqual(counters.bytes, { received: 6, sent: 7 });
  });

  it("count a stream when it closes", () => {
    const counters = new CallCounters();
    const implementation = { watch: () => {} } as unknown as UntypedServiceImplementation;
    const { watch } = counters.wrap({ definition: WatchService, implementation }).implementation as unknown as {
      watch: Callable;
    };
    const open = (cancelled: boolean) => Object.assign(new EventEmitter(), { cancelled });
    const calls = [open(false), open(true), open(false), open(true)];
    for (const call of calls) watch(call);
    calls[2]?.emit("error", { code: status.UNAVAILABLE });
    // Whoever has had everything may leave before the stream is closed.
    calls[3]?.emit("finish");
    for (const call of calls) call.emit("close");
    const handled = [...(counters.all[0]?.handled ?? [])];
    assert.deepEqual(handled, [
      ["OK", 2],
      ["Cancelled", 1],
      ["Unavailable", 1],
    ]);
  });
});

describe("a histogram of durations", () => {
  it("counts each duration in every bucket that holds it", () => {
    const histogram = new DurationHistogram();
    for (const ms of [0.5, 1, 1.5, 3, 60_000]) histogram.observe(ms);
    const counts = Array.from(histogram.buckets(), ({ count }) => count);
    assert.deepEqual(counts.slice(0, 4), [2, 3, 4, 4]);
    assert.equal(counts.at(-1), 4);
    assert.deepEqual([histogram.count, histogram.sumSeconds], [5, 60.006]);
  });
});
