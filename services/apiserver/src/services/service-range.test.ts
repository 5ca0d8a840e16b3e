import assert from "node:assert/strict";
import {
  addressesToTry,
  isInRange,
  parseServiceRange,
  requireServiceRanges,
  type ServiceRange,
} from "./service-range.ts";

const rangeOf = (cidr: string) => parseServiceRange(cidr) as ServiceRange;
const named = (cidr: string) => {
  const { first, firstDrawn } = rangeOf(cidr);
  return Number(firstDrawn - first);
};

describe("ranges of cluster IPs", () => {
  it("keep a part for addresses that are asked for (KEP-3070)", () => {
    assert.deepEqual(
      ["10.0.0.0/28", "10.0.0.0/27", "10.0.0.0/22", "10.0.0.0/20", "10.96.0.0/12", "fd00::/124", "fd00::/64"].map(
        named,
      ),
      [0, 16, 64, 256, 256, 0, 256],
    );
  });

  it("try every address once, those kept last", () => {
    const tried = [...addressesToTry(rangeOf("10.0.0.0/27"), () => 3)];
    assert.equal(new Set(tried).size, 30);
    assert.deepEqual([tried[0], tried[13], tried[14], tried[29]], ["10.0.0.20", "10.0.0.19", "10.0.0.4", "10.0.0.3"]);
    const six = [...addressesToTry(rangeOf("fd00:1::/123"), () => 3)];
    assert.equal(new Set(six).size, 31);
    assert.deepEqual([six[0], six.at(-1)], ["fd00:1::14", "fd00:1::3"]);
  });

  it("are drawn from however large they are", () => {
    const draws = [1, 2].values();
    const [first] = addressesToTry(rangeOf("fd00:1::/64"), () => draws.next().value ?? 0);
    assert.equal(first, "fd00:1::8000:103");
  });

  it("hold neither the network's own address nor the broadcast's", () => {
    assert.deepEqual(
      ["10.0.0.0", "10.0.0.1", "10.0.0.254", "10.0.0.255", "10.0.1.1", "fd00::1"].map((ip) =>
        isInRange(rangeOf("10.0.0.0/24"), ip),
      ),
      [false, true, true, false, false, false],
    );
    assert.deepEqual(
      ["fd00::", "fd00::1", "FD00:0::ffff", "fd00::1:0", "0.0.0.1"].map((ip) => isInRange(rangeOf("fd00::/112"), ip)),
      [false, true, true, false, false],
    );
    assert.equal(isInRange(rangeOf("::/112"), "0.0.0.1"), false);
  });

  it("are one, or one of each family", () => {
    assert.deepEqual(
      requireServiceRanges("fd00::/112,10.0.0.0/24").map(({ family }) => family),
      ["IPv6", "IPv4"],
    );
    for (const [text, message] of [
      ["10.0.0.0/31", /not a range for Services/],
      ["10.0.0.0", /not a range for Services/],
      ["x/24", /not a range for Services/],
      ["10.0.0.0/24,10.1.0.0/24", /must be of different IP family/],
      ["10.0.0.0/24,fd00::/112,10.1.0.0/24", /must not contain more than two entries/],
    ] as const)
      assert.throws(() => requireServiceRanges(text), message);
  });
});
