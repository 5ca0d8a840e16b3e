import assert from "node:assert/strict";
import type { RequestOp } from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { hasConflict } from "./write-conflicts.ts";

const NOTHING = Buffer.alloc(0);
const options = { value: NOTHING, lease: "0", prevKv: false, ignoreValue: false, ignoreLease: false };
const put = (key: string): RequestOp => ({
  request: { $case: "requestPut", value: { ...options, key: Buffer.from(key) } },
});
const del = (key: string, end = ""): RequestOp => {
  const value = { key: Buffer.from(key), rangeEnd: Buffer.from(end), prevKv: false };
  return { request: { $case: "requestDeleteRange", value } };
};
const txn = (success: RequestOp[], failure: RequestOp[] = []): RequestOp => {
  return { request: { $case: "requestTxn", value: { compare: [], success, failure } } };
};

const TABLE: readonly [what: string, ops: readonly RequestOp[], conflicts: boolean][] = [
  ["two keys", [put("a"), put("b")], false],
  ["a key twice", [put("a"), put("a")], true],
  ["a key put and deleted", [del("a"), put("a")], true],
  ["a key in a deleted range", [put("b"), del("a", "c")], true],
  ["a key at the end of a deleted range", [put("c"), del("a", "c")], false],
  ["a key in a range to the end of all keys, which etcd does not see", [put("b"), del("a", "\0")], false],
  ["a key deleted twice", [del("a"), del("a")], false],
  ["a key in both branches", [txn([put("a")], [put("a")])], false],
  ["a key put in one branch and deleted in the other", [txn([del("a")], [put("a")])], false],
  ["a key in a branch and beside it", [put("a"), txn([put("a")])], true],
  ["a key in branches of two transactions", [txn([put("a")]), txn([], [put("a")])], true],
  ["a key deleted in a branch and put beside it", [put("a"), txn([], [del("a")])], true],
  ["a conflict inside a branch", [txn([put("a"), put("a")])], true],
];

describe("writes of a transaction", () => {
  for (const [what, ops, conflicts] of TABLE)
    it(`${conflicts ? "conflict" : "do not conflict"}: ${what}`, () => assert.equal(hasConflict(ops), conflicts));
});
