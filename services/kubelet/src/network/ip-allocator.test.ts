import assert from "node:assert/strict";
import { cidrContains, formatIp, parseCidr, parseIp } from "./cidr.ts";
import { IpAllocator } from "./ip-allocator.ts";
import { macFor } from "./node-network.ts";

describe("cidr", () => {
  it("masks, contains and formats", () => {
    assert.deepEqual(parseCidr("10.244.3.7/24"), { base: parseIp("10.244.3.0"), prefixLength: 24 });
    assert.equal(cidrContains(parseCidr("10.96.0.0/12"), "10.111.255.255"), true);
    assert.equal(cidrContains(parseCidr("10.96.0.0/12"), "10.112.0.0"), false);
    assert.equal(formatIp(parseIp("255.0.10.1")), "255.0.10.1");
    assert.throws(() => parseCidr("10.0.0/8"));
    assert.equal(macFor("10.244.3.1"), "0a:58:0a:f4:03:01");
  });
});

describe("IpAllocator", () => {
  it("goes round before it uses an address again, and says when there are none", () => {
    const allocator = new IpAllocator(parseCidr("10.0.0.0/29"));
    const all = Array.from({ length: 5 }, () => allocator.allocate());
    assert.deepEqual(all, ["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"]);
    assert.throws(() => allocator.allocate(), /no pod addresses left/);
    allocator.release("10.0.0.4");
    assert.equal(allocator.allocate(), "10.0.0.4");
  });

  it("does not hand out what running pods hold", () => {
    const allocator = new IpAllocator(parseCidr("10.0.0.0/24"));
    allocator.adopt("10.0.0.2");
    allocator.adopt("10.9.9.9");
    assert.equal(allocator.allocate(), "10.0.0.3");
  });
});
