import assert from "node:assert/strict";
import { parseFeatureGates } from "./feature-gates.ts";

describe("etcd's feature gates", () => {
  it("are read as etcd reads them", () => {
    assert.equal(parseFeatureGates("").initialCorruptCheck, false);
    assert.equal(parseFeatureGates("InitialCorruptCheck=true").initialCorruptCheck, true);
    assert.equal(parseFeatureGates("LeaseCheckpoint=true, InitialCorruptCheck=true").initialCorruptCheck, true);
    assert.equal(parseFeatureGates("CompactHashCheck=false,InitialCorruptCheck=false").initialCorruptCheck, false);
    const { all, compactHashCheck, initialCorruptCheck } = parseFeatureGates("CompactHashCheck=true");
    assert.deepEqual([compactHashCheck, initialCorruptCheck], [true, false]);
    assert.deepEqual(
      all.flatMap(({ name, isEnabled }) => (isEnabled ? [name] : [])),
      ["CompactHashCheck", "LeaseCheckpoint", "LeaseCheckpointPersist", "TxnModeWriteWithSharedBuffer"],
    );
  });

  it("are refused when they are not known, not there, or not a truth", () => {
    assert.throws(() => parseFeatureGates("Nothing=true"), /unrecognized feature gate: Nothing/);
    assert.throws(() => parseFeatureGates("InitialCorruptCheck=yes"), /must be true or false/);
    assert.throws(() => parseFeatureGates("SetMemberLocalAddr=true"), /is not there/);
  });
});
