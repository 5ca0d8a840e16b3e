import assert from "node:assert/strict";
import { podFixture } from "../../pods/pod-fixture.ts";
import { planSweep } from "./plan-sweep.ts";

describe("planSweep", () => {
  const pods = [
    podFixture({ name: "fine", node: "a" }),
    podFixture({ name: "orphan", node: "gone" }),
    podFixture({ name: "waiting" }),
    podFixture({ name: "never-bound", deletedMs: 1 }),
    podFixture({ name: "ending", node: "a", deletedMs: 1 }),
    podFixture({ name: "done-late", node: "a", phase: "Succeeded", createdMs: 9 }),
    podFixture({ name: "done-early", node: "a", phase: "Failed", createdMs: 3 }),
  ];
  const names = (terminatedThreshold: number) =>
    planSweep({ pods, nodeNames: new Set(["a"]), terminatedThreshold }).map(({ metadata }) => metadata.name);

  it("removes pods of nodes that are gone, and pods that end unbound; pods on silent nodes wait", () => {
    assert.deepEqual(names(10), ["orphan", "never-bound"]);
  });

  it("removes the oldest finished pods beyond the threshold, none when that is 0", () => {
    assert.deepEqual(names(1), ["orphan", "never-bound", "done-early"]);
    assert.deepEqual(names(0), ["orphan", "never-bound"]);
  });
});
