import assert from "node:assert/strict";
import { Simulation } from "./simulation.ts";

const FAULTS = { steps: 4000, loss: 0.05, duplication: 0.05, maxDelay: 8, crash: 0.004, partition: 0.01 };

describe("raft simulation", () => {
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
    it(`keeps its promises under faults (seed ${seed})`, () => {
      const report = new Simulation({ ...FAULTS, seed, members: seed % 2 === 0 ? 5 : 3 }).run();
      assert.ok(report.committed > 500, `only ${report.committed} entries were committed`);
      assert.ok(report.leaders > 1 && report.restarts > 6 && report.reads > 10, JSON.stringify(report));
    });
  }

  it("elects one leader and stays with it when nothing goes wrong", () => {
    const report = new Simulation({
      seed: 1,
      members: 3,
      steps: 2000,
      loss: 0,
      duplication: 0,
      maxDelay: 2,
      crash: 0,
      partition: 0,
    }).run();
    assert.ok(report.leaders <= 3, `${report.leaders} leaders`);
    assert.ok(report.committed > 400);
  });
});
