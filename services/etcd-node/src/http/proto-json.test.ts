import assert from "node:assert/strict";
import { KVService, LeaseService } from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { createJsonCodec } from "./json-codec.ts";

/** etcd's own answers to these bodies. */
const REFUSED: readonly [body: string, message: string][] = [
  ['{"key":"not base64!"}', 'proto: (line 1:8): invalid value for bytes field key: "not base64!"'],
  ['{"key":5}', "proto: (line 1:8): invalid value for bytes field key: 5"],
  ['{"key":[]}', "proto: (line 1:8): invalid value for bytes field key: ["],
  ['{"lease":"nonsense"}', 'proto: (line 1:10): invalid value for int64 field lease: "nonsense"'],
  ['{"key":"YQ==",\n "lease":1.5}', "proto: (line 2:10): invalid value for int64 field lease: 1.5"],
  ['{"prev_kv":"true"}', 'proto: (line 1:12): invalid value for bool field prevKv: "true"'],
  ['{"key":"YQ==","key":"Yg=="}', 'proto: (line 1:15): duplicate field "key"'],
  ["[]", "proto: syntax error (line 1:1): unexpected token ["],
  ["null", "proto: syntax error (line 1:1): unexpected token null"],
  ['"text"', 'proto: syntax error (line 1:1): unexpected token "text"'],
  ["{", "unexpected EOF"],
  ['{"key":"YQ=="', "unexpected EOF"],
  ["nonsense", "invalid character 'o' in literal null (expecting 'u')"],
  ["key=a", "invalid character 'k' looking for beginning of value"],
  ["{key: 1}", "invalid character 'k' looking for beginning of object key string"],
  ["{'key': 1}", "invalid character '\\'' looking for beginning of object key string"],
];

const TAKEN: readonly [body: string, lease: string][] = [
  ["", "0"],
  ['{"lease":"1e3"}', "1000"],
  ['{"lease":100.0}', "100"],
  ['{"lease":7587862094775123123}', "7587862094775123123"],
  ['{"lease":"-7"}', "-7"],
  ['{"lease":null,"color":{"a":[1,{}]}}', "0"],
  ['{"lease":5}trailing', "5"],
  ['{"lease":5} {"lease":6}', "5"],
];

describe("JSON of a message, as Go reads it", () => {
  const put = createJsonCodec("etcdserverpb.KV/Put", KVService.put);

  for (const [body, message] of REFUSED)
    it(`refuses ${JSON.stringify(body)}`, () => assert.throws(() => put.request(body), { message }));

  for (const [body, lease] of TAKEN)
    it(`takes ${JSON.stringify(body)}`, () => assert.equal((put.request(body) as { lease: string }).lease, lease));

  it("refuses a second member of a oneof, and numbers beyond 64 bits", () => {
    const txn = createJsonCodec("etcdserverpb.KV/Txn", KVService.txn);
    const message =
      'proto: (line 1:43): error parsing "request_range", oneof etcdserverpb.RequestOp.request is already set';
    const body = '{"success":[{"request_put":{"key":"YQ=="},"request_range":{"key":"YQ=="}}]}';
    assert.throws(() => txn.request(body), { message });
    const grant = createJsonCodec("etcdserverpb.Lease/LeaseGrant", LeaseService.leaseGrant);
    assert.throws(() => grant.request('{"TTL":"9223372036854775808"}'), /invalid value for int64 field TTL/);
  });
});
