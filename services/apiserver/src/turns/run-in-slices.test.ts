import assert from "node:assert/strict";
import { runInSlices } from "./run-in-slices.ts";

describe("work in slices", () => {
  it("lets others have turns of the event loop, and takes all steps", async () => {
    let steps = 0;
    let turns = 0;
    const immediate = () => {
      turns++;
      if (steps < 8) setImmediate(immediate);
    };
    setImmediate(immediate);
    function* work() {
      for (; steps < 8; steps++) {
        const until = performance.now() + 3;
        while (performance.now() < until);
        yield;
      }
    }
    await runInSlices(work());
    assert.equal(steps, 8);
    assert.ok(turns >= 3, `${turns} turns`);
  });
});
