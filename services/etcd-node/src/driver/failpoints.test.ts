import assert from "node:assert/strict";
import { armFailpoints, type Failpoint, failpoint } from "./failpoints.ts";
import { parseFailpoints } from "./parse-failpoints.ts";

describe("failpoints", () => {
  afterEach(() => armFailpoints(undefined));

  /** At which of ten times something happens. */
  const times = (text: string): number[] => {
    armFailpoints(text);
    return Array.from({ length: 10 }, (_, index) => index + 1).filter(() => failpoint("read-index") === "skip");
  };

  it("act at the times that were asked for", () => {
    assert.deepEqual(times("read-index=skip"), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert.deepEqual(times("read-index=skip@3"), [3]);
    assert.deepEqual(times("read-index=skip@8+"), [8, 9, 10]);
    assert.deepEqual(times("read-index=skip%4"), [4, 8]);
    assert.deepEqual(times("read-index=skip@2,read-index=skip@5"), [2, 5]);
    assert.deepEqual(times("wal-append=skip"), []);
  });

  it("fail as a full disk does, with a part written", () => {
    armFailpoints("wal-append=full@2");
    let written = 0;
    const append = () => failpoint("wal-append", () => written++);
    append();
    assert.throws(append, { code: "ENOSPC" });
    assert.equal(written, 1);
    append();
  });

  it("stand still", () => {
    armFailpoints("apply-before=sleep:30@1");
    const startedMs = performance.now();
    failpoint("apply-before");
    assert.ok(performance.now() - startedMs >= 29);
  });

  it("end the process once when nothing else is said", () => {
    const rules = parseFailpoints("apply-after, raft-before-save=torn@7", ["apply-after", "raft-before-save"]);
    assert.deepEqual(rules.get("apply-after"), [{ action: "kill", argument: 0, first: 1, last: 1, every: 1 }]);
    assert.equal(rules.get("raft-before-save")?.[0]?.first, 7);
  });

  it("refuse what they do not know, and do nothing when nothing is asked for", () => {
    for (const text of ["nowhere", "read-index=explode", "read-index=skip@", "read-index=skip@1%2"])
      assert.throws(() => armFailpoints(text), /failpoint/, text);
    armFailpoints("");
    assert.equal(failpoint("read-index" satisfies Failpoint), undefined);
  });
});
