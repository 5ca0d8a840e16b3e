import assert from "node:assert/strict";
import { PutRequest } from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { decodePutRequest, EncodedPut, keyLengthOf, keyTextOf } from "./encoded-put.ts";

describe("puts as they come over the wire", () => {
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
    it(`are read as the generated one does (${index})`, () => {
      const bytes = Buffer.from(PutRequest.encode(put).finish());
      const { key, value, lease, prevKv, ignoreValue, ignoreLease } = decodePutRequest(bytes);
      assert.deepEqual({ key, value, lease, prevKv, ignoreValue, ignoreLease }, put);
      const decoded = decodePutRequest(bytes) as EncodedPut;
      assert.deepEqual(decoded.encoded, bytes);
      assert.deepEqual([decoded.keyText, decoded.keyLength], [put.key.toString("latin1"), put.key.length]);
    });

  it("are left, with what is not known, to the generated one", () => {
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

  it("begin where they are said to begin", () => {
    const bytes = Buffer.from(PutRequest.encode(puts[0] as PutRequest).finish());
    const put = EncodedPut.read(Buffer.concat([Buffer.from("before"), bytes]), 6) as EncodedPut;
    assert.deepEqual([put.encoded, put.key, put.value], [bytes, puts[0]?.key, puts[0]?.value]);
  });

  it("and those that were made here have keys alike", () => {
    const put = puts[2] as PutRequest;
    assert.deepEqual([keyTextOf(put), keyLengthOf(put)], ["\u0000\u00ff", 2]);
  });
});
