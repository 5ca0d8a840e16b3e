import assert from "node:assert/strict";
import { GrpcError } from "@drydock/http2";
import { status } from "@grpc/grpc-js";
import { classifyFailure } from "./errors.ts";
import { prefixEnd, toRangeRequest, toTxnRequest } from "./requests.ts";

describe("etcd-client requests", () => {
  it("ends a prefix at the next key of its length, or nowhere", () => {
    assert.deepEqual(prefixEnd("/registry/"), Buffer.from("/registry0"));
    assert.deepEqual(prefixEnd(Buffer.from([0x61, 0xff, 0xff])), Buffer.from([0x62]));
    assert.deepEqual(prefixEnd(Buffer.from([0xff])), Buffer.from([0]));
  });

  it("writes the empty prefix as every key", () => {
    const { key, rangeEnd } = toRangeRequest({ key: "", prefix: true });
    assert.deepEqual([key, rangeEnd], [Buffer.from([0]), Buffer.from([0])]);
  });

  it("keeps the operand beside the target of a comparison", () => {
    const { compare } = toTxnRequest({ compare: [{ key: "k", target: "mod", operator: "!=", operand: 7 }] });
    assert.deepEqual(compare[0]?.targetUnion, { $case: "modRevision", value: 7 });
    assert.equal(compare[0]?.result, 3);
  });
});

describe("etcd-client failures", () => {
  const failure = (code: status, details: string, isUnprocessed = false) =>
    classifyFailure(new GrpcError(code, details, { isUnprocessed })).kind;

  it("tells answers from silence", () => {
    assert.equal(failure(status.INVALID_ARGUMENT, "etcdserver: key is not provided"), "answered");
    assert.equal(failure(status.UNAVAILABLE, "etcdserver: no leader"), "no-effect");
    assert.equal(failure(status.UNAVAILABLE, "the server refused the stream", true), "no-effect");
    assert.equal(failure(status.UNAVAILABLE, "etcdserver: request timed out"), "unknown");
    assert.equal(failure(status.UNAVAILABLE, "Connection dropped"), "unknown");
    assert.equal(failure(status.DEADLINE_EXCEEDED, "Deadline exceeded"), "unknown");
  });
});
