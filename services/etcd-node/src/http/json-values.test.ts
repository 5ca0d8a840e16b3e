import assert from "node:assert/strict";
import { KVService, LeaseService, WatchService } from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { GATEWAY_PATHS } from "./gateway-paths.ts";
import { createJsonCodec } from "./json-codec.ts";
import { jsonObjects } from "./json-values.ts";

async function split(...chunks: string[]): Promise<string[]> {
  async function* body() {
    for (const chunk of chunks) yield Buffer.from(chunk);
  }
  return Array.fromAsync(jsonObjects(body()));
}

describe("JSON in a body", () => {
  it("is cut into objects, wherever the chunks end", async () => {
    const whole = '{"a":"}{"} {"b":{"c":"\\"}"}}\n{"d":1}';
    const objects = ['{"a":"}{"}', '{"b":{"c":"\\"}"}}', '{"d":1}'];
    assert.deepEqual(
      (await split(whole)).map((text) => text.trim()),
      objects,
    );
    assert.deepEqual(
      (await split(...whole)).map((text) => text.trim()),
      objects,
    );
    assert.deepEqual(await split(" \n"), []);
    assert.deepEqual(await split("broken"), ["broken"]);
  });
});

describe("a message as JSON", () => {
  it("is read in either spelling, with numbers as numbers or text, and with fields that nobody knows", () => {
    const codec = createJsonCodec("etcdserverpb.KV/Range", KVService.range);
    for (const text of [
      '{"key":"Zm9v","range_end":"AA==","limit":"2","sort_order":"DESCEND","min_mod_revision":7}',
      '{"key":"Zm9v","rangeEnd":"AA==","limit":2,"sortOrder":2,"minModRevision":"7","color":"red"}',
    ]) {
      const { key, rangeEnd, limit, sortOrder, minModRevision } = codec.request(text) as Record<string, unknown>;
      assert.deepEqual([String(key), rangeEnd, limit, sortOrder, minModRevision], ["foo", Buffer.from([0]), 2, 2, 7]);
    }
    assert.throws(() => codec.request('{"key":5}'));
    assert.throws(() => codec.request("[]"));
  });

  it("is written as upstream's gateway does: protobuf's names, text for 64 bits, nothing that is zero", () => {
    const codec = createJsonCodec("etcdserverpb.Lease/LeaseGrant", LeaseService.leaseGrant);
    const header = { clusterId: "17750364780724466858", memberId: "1", revision: 5, raftTerm: 0 };
    assert.deepEqual(codec.response({ header, ID: "7587862094775123123", TTL: 10, error: "" }), {
      header: { cluster_id: "17750364780724466858", member_id: "1", revision: "5" },
      ID: "7587862094775123123",
      TTL: "10",
    });
    const watch = createJsonCodec("etcdserverpb.Watch/Watch", WatchService.watch);
    const request = watch.request('{"create_request":{"key":"YQ==","filters":["NOPUT",1]}}') as {
      requestUnion: { $case: string; value: { filters: number[] } };
    };
    assert.deepEqual([request.requestUnion.$case, request.requestUnion.value.filters], ["createRequest", [0, 1]]);
  });

  it("is known for every path of the gateway", () => {
    for (const name of Object.values(GATEWAY_PATHS))
      assert.doesNotThrow(() => createJsonCodec(name, KVService.range), name);
  });
});
