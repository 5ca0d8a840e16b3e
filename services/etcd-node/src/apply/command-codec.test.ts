import assert from "node:assert/strict";
import { Command } from "@drydock/proto/drydock/raft/v1/raft";
import { PutRequest, TxnRequest } from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { decodePutRequest, type EncodedPut } from "../rpc/wire/encoded-put.ts";
import { fastKvService } from "../rpc/wire/kv-codec.ts";
import { decodeCommand, encodeCommand } from "./command-codec.ts";

const put: PutRequest = {
  key: Buffer.from("key"),
  value: Buffer.alloc(1000, 5),
  lease: "7",
  prevKv: true,
  ignoreValue: false,
  ignoreLease: false,
};

describe("the codec of commands", () => {
  it("writes puts that came over the wire as the generated one does, and reads them", () => {
    const value = decodePutRequest(Buffer.from(PutRequest.encode(put).finish()));
    for (const id of [1, 127, 128, 2 ** 40]) {
      const command: Command = { proposer: "abc123", id, request: { $case: "put", value }, requester: undefined };
      const bytes = encodeCommand(command);
      assert.deepEqual(bytes, Buffer.from(Command.encode(command).finish()));
      const { request, ...rest } = decodeCommand(bytes);
      assert.deepEqual(rest, { proposer: "abc123", id, requester: undefined });
      assert.ok(request?.$case === "put");
      assert.deepEqual((request.value as EncodedPut).encoded, (value as EncodedPut).encoded);
    }
  });

  it("writes transactions that came over the wire as they came", () => {
    const asked = { compare: [], success: [{ request: { $case: "requestPut" as const, value: put } }], failure: [] };
    const value = fastKvService.txn.requestDeserialize(Buffer.from(TxnRequest.encode(asked).finish()));
    const command: Command = { proposer: "abc123", id: 300, request: { $case: "txn", value }, requester: undefined };
    const bytes = encodeCommand(command);
    assert.deepEqual(bytes, Buffer.from(Command.encode(command).finish()));
    assert.deepEqual(decodeCommand(bytes), Command.decode(bytes));
  });

  it("takes its own commands as they are, and those of others from the log", () => {
    const value = decodePutRequest(Buffer.from(PutRequest.encode(put).finish()));
    const command: Command = { proposer: "own", id: 9, request: { $case: "put", value }, requester: undefined };
    const find = (id: number) => (id === 9 ? command : undefined);
    assert.equal(decodeCommand(encodeCommand(command), { proposer: "own", find }), command);
    for (const other of [
      { ...command, id: 10 },
      { ...command, proposer: "oth" },
    ]) {
      const decoded = decodeCommand(encodeCommand(other), { proposer: "own", find });
      assert.deepEqual([decoded.proposer, decoded.id], [other.proposer, other.id]);
    }
  });

  it("leaves everything else to the generated one", () => {
    const others: Command[] = [
      { proposer: "p", id: 5, request: { $case: "put", value: put }, requester: { name: "user", authRevision: 3 } },
      { proposer: "", id: 0, request: { $case: "memberRemove", value: { id: "9" } }, requester: undefined },
      {
        proposer: "p",
        id: 6,
        request: { $case: "compaction", value: { revision: 8, physical: true } },
        requester: undefined,
      },
    ];
    for (const command of others) {
      const { request, ...rest } = decodeCommand(encodeCommand(command));
      const { request: expected, ...expectedRest } = Command.decode(Command.encode(command).finish());
      assert.deepEqual(rest, expectedRest);
      assert.equal(request?.$case, expected?.$case);
    }
  });
});
