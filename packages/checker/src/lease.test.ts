import assert from "node:assert/strict";
import { checkLeases, checkLocks, type LeaseEvent, type LockHold } from "./index.ts";

const alive = (id: number, sentMs: number, ttlMs = 5000): LeaseEvent => ({
  kind: "alive",
  id,
  lease: "7",
  sentMs,
  ttlMs,
});
const gone = (id: number, seenMs: number): LeaseEvent => ({ kind: "gone", id, lease: "7", seenMs });
const revoke = (id: number, sentMs: number): LeaseEvent => ({ kind: "revoke", id, lease: "7", sentMs });

describe("checkLeases", () => {
  it("accepts expiry after the whole time, and revocation at any time", () => {
    assert.equal(checkLeases([alive(0, 0), gone(1, 5000)]), undefined);
    assert.equal(checkLeases([alive(0, 0), alive(1, 3000), gone(2, 8001)]), undefined);
    assert.equal(checkLeases([alive(0, 0), revoke(1, 100), gone(2, 101)]), undefined);
    assert.equal(checkLeases([alive(0, 0), gone(1, 4800)], 0.05), undefined, "a fast clock");
  });

  it("refuses expiry before the time of the last answer is over", () => {
    assert.equal(checkLeases([alive(0, 0), gone(1, 4999)])?.offender, 1);
    assert.equal(checkLeases([alive(0, 0), alive(1, 3000), gone(2, 7000)])?.offender, 2);
    assert.equal(checkLeases([alive(0, 0), gone(1, 4700)], 0.05)?.offender, 1);
    assert.equal(checkLeases([alive(0, 0), gone(1, 200), revoke(2, 300)])?.offender, 1);
  });

  it("refuses a lease that is kept alive when it is gone", () => {
    assert.equal(checkLeases([alive(0, 0), gone(1, 5000), alive(2, 5100), gone(3, 5200)])?.offender, 3);
  });
});

const hold = (id: number, fromMs: number, untilMs: number, lock = "l"): LockHold => ({
  id,
  lock,
  client: `c${id}`,
  fromMs,
  untilMs,
});

describe("checkLocks", () => {
  it("accepts one holder after the other, and several locks at once", () => {
    assert.equal(checkLocks([hold(0, 0, 5), hold(1, 5, 9), hold(2, 10, 11), hold(3, 0, 99, "m")]), undefined);
  });

  it("refuses two holders, also when others came between", () => {
    assert.equal(checkLocks([hold(0, 0, 5), hold(1, 4, 9)])?.offender, 1);
    assert.equal(checkLocks([hold(0, 0, 50), hold(2, 60, 61), hold(1, 40, 41)])?.offender, 1);
  });
});
