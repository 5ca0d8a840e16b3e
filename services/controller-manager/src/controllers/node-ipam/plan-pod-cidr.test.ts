import assert from "node:assert/strict";
import { formatCidr, parseCidrRange, planPodCidr } from "./plan-pod-cidr.ts";

describe("planPodCidr", () => {
  const range = parseCidrRange("10.244.0.0/16", 24);

  it("cuts the cluster range into node ranges", () => {
    assert.equal(range.count, 256);
    assert.equal(formatCidr(range, 0), "10.244.0.0/24");
    assert.equal(formatCidr(range, 255), "10.244.255.0/24");
    assert.equal(formatCidr(parseCidrRange("192.168.7.9/23", 26), 7), "192.168.7.192/26");
  });

  it("never gives a taken range, and wraps round", () => {
    const taken = new Set(["10.244.0.0/24", "10.244.1.0/24"]);
    assert.deepEqual(planPodCidr(range, taken, 0), { cidr: "10.244.2.0/24", next: 3 });
    assert.deepEqual(planPodCidr(range, new Set(["10.244.255.0/24"]), 255), { cidr: "10.244.0.0/24", next: 1 });
  });

  it("says so when all are taken", () => {
    const small = parseCidrRange("10.0.0.0/30", 31);
    assert.equal(planPodCidr(small, new Set(["10.0.0.0/31", "10.0.0.2/31"]), 0), undefined);
  });

  it("refuses ranges that make no sense", () => {
    assert.throws(() => parseCidrRange("fd00::/64", 24), /not an IPv4 range/);
    assert.throws(() => parseCidrRange("10.0.0.0/24", 16), /larger than the cluster range/);
  });
});
