import assert from "node:assert/strict";
import { KeyValue as KeyValueMessage } from "@drydock/proto/etcd/api/mvccpb/kv";
import { encodeKeyValue, StoredKeyValue } from "./key-value-codec.ts";

const table = [
  { key: "", value: Buffer.alloc(0), createRevision: 0, modRevision: 0, version: 0, lease: "0" },
  { key: "a", value: Buffer.from("b"), createRevision: 2, modRevision: 3, version: 2, lease: "0" },
  {
    key: "\u0000\u00ff",
    value: Buffer.alloc(200, 7),
    createRevision: 2 ** 31,
    modRevision: 2 ** 52,
    version: 128,
    lease: "1",
  },
  {
    key: "k".repeat(300),
    value: Buffer.alloc(70_000),
    createRevision: 127,
    modRevision: 16_384,
    version: 1,
    lease: "7587848390571520001",
  },
  { key: "n", value: Buffer.from([0]), createRevision: 1, modRevision: 1, version: 1, lease: "-5" },
];

describe("the codec of stored keys", () => {
  for (const kv of table)
    it(`writes what the generated one writes, and reads it: ${kv.key.slice(0, 8)} ${kv.modRevision}`, () => {
      const encoded = encodeKeyValue(kv);
      const generated = KeyValueMessage.encode({ ...kv, key: Buffer.from(kv.key, "latin1") }).finish();
      assert.deepEqual(encoded, Buffer.from(generated));
      const { key, value, createRevision, modRevision, version, lease } = new StoredKeyValue(encoded);
      assert.deepEqual({ key, value: Buffer.from(value), createRevision, modRevision, version, lease }, kv);
    });
});
