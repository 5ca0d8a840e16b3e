import assert from "node:assert/strict";
import { PutRequest, PutResponse, RangeResponse } from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { encodeKeyValue, StoredKeyValue } from "../../backend/key-value-codec.ts";
import { KeyValueView } from "./key-value-view.ts";
import { decodePutRequest, fastKvService } from "./kv-codec.ts";

const header = { clusterId: "14841639068965178418", memberId: "10276657743932975437", revision: 2 ** 40, raftTerm: 7 };
const kv = (key: string, size: number) =>
  new KeyValueView(
    new StoredKeyValue(
      encodeKeyValue({
        key,
        value: Buffer.alloc(size, 1),
        createRevision: 5,
        modRevision: 300,
        version: 4,
        lease: "9",
      }),
    ),
  );

describe("the hand-written codecs of KV", () => {
  const puts: PutRequest[] = [
    {
      key: Buffer.from("k"),
      value: Buffer.alloc(300, 2),
      lease: "0",
      prevKv: false,
      ignoreValue: false,
      ignoreLease: false,
    },
    { key: Buffer.alloc(0), value: Buffer.alloc(0), lease: "0", prevKv: false, ignoreValue: false, ignoreLease: false },
    {
      key: Buffer.from([0, 255]),
      value: Buffer.from("v"),
      lease: "7587848390571520001",
      prevKv: true,
      ignoreValue: true,
      ignoreLease: true,
    },
    {
      key: Buffer.from("n"),
      value: Buffer.from("v"),
      lease: "-1",
      prevKv: false,
      ignoreValue: false,
      ignoreLease: true,
    },
  ];
  for (const [index, put] of puts.entries())
    it(`read puts as the generated one does (${index})`, () => {
      const bytes = Buffer.from(PutRequest.encode(put).finish());
      const { encoded, ...decoded } = decodePutRequest(bytes);
      assert.deepEqual(decoded, put);
      assert.deepEqual(encoded, bytes);
    });

  it("leave what they do not know to the generated one", () => {
    const known = Buffer.from(PutRequest.encode(puts[0] as PutRequest).finish());
    const unknownField = Buffer.concat([known, Buffer.from([0x7a, 2, 1, 2])]);
    assert.deepEqual(decodePutRequest(unknownField).key, Buffer.from("k"));
    for (let length = 1; length < 12; length++) {
      const cut = known.subarray(0, length);
      const outcome = (decode: (bytes: Buffer) => PutRequest) => {
        try {
          const { key, value } = decode(cut);
          return { key: Buffer.from(key), value: Buffer.from(value) };
        } catch {
          return "refused";
        }
      };
      assert.deepEqual(outcome(decodePutRequest), outcome(PutRequest.decode), `${length} bytes`);
    }
  });

  const ranges: RangeResponse[] = [
    { header, kvs: [], more: false, count: 0 },
    { header, kvs: [kv("a", 0), kv("b", 500)], more: true, count: 100_000 },
    { header: { ...header, clusterId: "0", memberId: "0", raftTerm: 0 }, kvs: [kv("c", 20)], more: false, count: 1 },
    { header: undefined, kvs: [], more: true, count: 3 },
    {
      header,
      kvs: [{ ...RangeResponse.decode(Buffer.from([0x12, 3, 0x0a, 1, 0x61])).kvs[0]! }],
      more: false,
      count: 1,
    },
  ];
  for (const [index, response] of ranges.entries())
    it(`write ranges as the generated one does (${index})`, () => {
      assert.deepEqual(
        fastKvService.range.responseSerialize(response),
        Buffer.from(RangeResponse.encode(response).finish()),
      );
    });

  it("write answers to puts as the generated one does", () => {
    for (const response of [
      { header, prevKv: undefined },
      { header, prevKv: kv("p", 3) },
      { header: undefined, prevKv: undefined },
    ])
      assert.deepEqual(
        fastKvService.put.responseSerialize(response),
        Buffer.from(PutResponse.encode(response).finish()),
      );
  });
});
