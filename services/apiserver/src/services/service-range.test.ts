import assert from "node:assert/strict";
import { addressesToTry, isInRange, requireServiceRange } from "./service-range.ts";

const named = (cidr: string) => {
  const { first, firstDrawn } = requireServiceRange(cidr);
  return firstDrawn - first;
};

describe("ranges of cluster IPs", () => {
  it("keep a part for addresses that are asked for (KEP-3070)", () => {
    assert.deepEqual(
      ["10.0.0.0/28", "10.0.0.0/27", "10.0.0.0/22", "10.0.0.0/20", "10.96.0.0/12"].map(named),
      [0, 16, 64, 256, 256],
    );
  });

  it("try every address once, those kept last", () => {
    const range = requireServiceRange("10.0.0.0/27");
    const tried = [...addressesToTry(range, () => 3)];
    assert.equal(new Set(tried).size, 30);
    assert.deepEqual([tried[0], tried[13], tried[14], tried[29]], ["10.0.0.20", "10.0.0.19", "10.0.0.4", "10.0.0.3"]);
  });

  it("hold neither the network's own address nor the broadcast's", () => {
    const range = requireServiceRange("10.0.0.0/24");
    assert.deepEqual(
      ["10.0.0.0", "10.0.0.1", "10.0.0.254", "10.0.0.255", "10.0.1.1", "fd00::1"].map((ip) => isInRange(range, ip)),
      [false, true, true, false, false, false],
    );
    for (const text of ["10.0.0.0/31", "10.0.0.0", "x/24", "fd00::/112"])
      assert.throws(() => requireServiceRange(text), /not an IPv4 range/);
  });
});
