import assert from "node:assert/strict";
import { TrimPolicy } from "./trim-policy.ts";

const MIB = 1024 * 1024;
const BUSY = 0.5;
const QUIET = 0.02;

describe("memory is given back", () => {
  /** How many samples pass until it is due, undefined when it is not in an hour. */
  function samplesUntilDue(policy: TrimPolicy, cpuShare: number, residentMib: number): number | undefined {
    for (let sample = 1; sample <= 3600; sample++)
      if (policy.isDue({ cpuShare, residentBytes: residentMib * MIB })) return sample;
    return undefined;
  }

  it("when a process has been quiet for some seconds, after it started or grew", () => {
    const policy = new TrimPolicy();
    assert.equal(samplesUntilDue(policy, BUSY, 90), undefined);
    assert.equal(samplesUntilDue(policy, QUIET, 90), 5);
    policy.onTrimmed(80 * MIB);
    assert.equal(samplesUntilDue(policy, BUSY, 400), undefined);
    assert.equal(samplesUntilDue(policy, QUIET, 400), 5);
  });

  it("not while there is work between quiet moments", () => {
    const policy = new TrimPolicy();
    for (let second = 0; second < 100; second++) {
      const cpuShare = second % 4 === 0 ? BUSY : QUIET;
      assert.ok(!policy.isDue({ cpuShare, residentBytes: 400 * MIB }));
    }
  });

  it("not for what is left, which is in use, but for much that comes to it, after a while", () => {
    const policy = new TrimPolicy();
    policy.onTrimmed(300 * MIB);
    assert.equal(samplesUntilDue(policy, QUIET, 310), undefined);
    policy.onTrimmed(310 * MIB);
    assert.equal(samplesUntilDue(policy, QUIET, 340), 30);
  });

  it("more and more rarely to one that always has a little to do, until it has much", () => {
    const policy = new TrimPolicy();
    const rests = Array.from({ length: 7 }, () => {
      policy.onTrimmed(100 * MIB);
      return samplesUntilDue(policy, QUIET, 200);
    });
    assert.deepEqual(rests, [15, 30, 60, 120, 240, 240, 240]);
    policy.isDue({ cpuShare: BUSY, residentBytes: 200 * MIB });
    policy.onTrimmed(100 * MIB);
    assert.equal(samplesUntilDue(policy, QUIET, 200), 15);
  });

  it("by what a process needed least since", () => {
    const policy = new TrimPolicy();
    policy.onTrimmed(300 * MIB);
    policy.isDue({ cpuShare: QUIET, residentBytes: 100 * MIB });
    assert.equal(samplesUntilDue(policy, QUIET, 130), 14);
  });
});
