import assert from "node:assert/strict";
import { type PodFixture, podFixture } from "../../pods/pod-fixture.ts";
import { planReplicas } from "./plan-replicas.ts";

const running: Omit<PodFixture, "name"> = { node: "n1", isReady: true };

describe("planReplicas", () => {
  const plan = (desired: number, fixtures: PodFixture[], related: PodFixture[] = []) => {
    const pods = fixtures.map(podFixture);
    const result = planReplicas({ desired, pods, related: [...pods, ...related.map(podFixture)], nowMs: 10_000_000 });
    return { create: result.create, delete: result.delete.map(({ metadata }) => metadata.name) };
  };

  it("creates what is missing, at most a burst at once", () => {
    assert.deepEqual(plan(3, [{ name: "a", ...running }]), { create: 2, delete: [] });
    assert.equal(plan(2000, []).create, 500);
    assert.deepEqual(plan(1, [{ name: "a", ...running }]), { create: 0, delete: [] });
  });

  const worse: { rule: string; loser: Partial<PodFixture> }[] = [
    { rule: "not assigned to a node", loser: { node: "" } },
    { rule: "pending", loser: { phase: "Pending" } },
    { rule: "not ready", loser: { isReady: false } },
    {
      rule: "cheaper by annotation",
      loser: { annotations: { "controller.kubernetes.io/pod-deletion-cost": "-5" } },
    },
    { rule: "ready for a shorter time", loser: { readySinceMs: 9_999_000 } },
    { rule: "restarted more often", loser: { restarts: 3 } },
    { rule: "newer", loser: { createdMs: 9_999_000 } },
  ];
  for (const { rule, loser } of worse) {
    it(`deletes first the pod that is ${rule}`, () => {
      const pods = [
        { name: "a", ...running },
        { name: "m", ...running, ...loser },
        { name: "z", ...running },
      ];
      assert.deepEqual(plan(2, pods), { create: 0, delete: ["m"] });
    });
  }

  it("thins the node that is crowded by siblings first", () => {
    const pods = [
      { name: "a", ...running },
      { name: "b", ...running, node: "n2" },
    ];
    assert.deepEqual(plan(1, pods, [{ name: "sibling", ...running, node: "n2" }]).delete, ["b"]);
  });
});
