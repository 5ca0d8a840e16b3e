import assert from "node:assert/strict";
import { PutResponse, RangeResponse, TxnRequest } from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { encodeKeyValue, StoredKeyValue } from "../../backend/key-value-codec.ts";
import { KeyValueView } from "./key-value-view.ts";
import { fastKvService } from "./kv-codec.ts";

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

  it("keep the octets of a transaction beside what they say", () => {
    const bytes = Buffer.from(TxnRequest.encode({ compare: [], success: [], failure: [] }).finish());
    const { encoded, ...request } = fastKvService.txn.requestDeserialize(bytes);
    assert.deepEqual([encoded, request], [bytes, TxnRequest.decode(bytes)]);
  });
});
