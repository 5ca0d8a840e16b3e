import assert from "node:assert/strict";
import type { V1Toleration } from "@drydock/kube-api";
import { podFixture } from "../../pods/pod-fixture.ts";
import { planEviction, tolerates } from "./plan-eviction.ts";

describe("planEviction", () => {
  const addedMs = Date.UTC(2026, 0, 1);
  const taint = {
    key: "node.kubernetes.io/unreachable",
    effect: "NoExecute",
    timeAdded: new Date(addedMs).toISOString(),
  };
  const toleration: V1Toleration = { key: taint.key, operator: "Exists", effect: "NoExecute" };
  const plan = (tolerations: V1Toleration[], taints = [taint]) => {
    const pod = podFixture({ name: "a", node: "n" });
    return planEviction({ ...pod, spec: { containers: [], tolerations } }, taints);
  };

  it("leaves at once without a toleration", () => assert.deepEqual(plan([]), { kind: "leave", atMs: 0 }));
  it("stays with a toleration without limit", () => assert.deepEqual(plan([toleration]), { kind: "stay" }));
  it("stays when no taint says NoExecute", () =>
    assert.deepEqual(plan([], [{ ...taint, effect: "NoSchedule" }]), { kind: "stay" }));
  it("leaves when the shortest time is over", () => {
    const tolerations = [
      { ...toleration, tolerationSeconds: 300 },
      { ...toleration, tolerationSeconds: 30 },
    ];
    assert.deepEqual(plan(tolerations), { kind: "leave", atMs: addedMs + 30_000 });
  });
});

describe("tolerates", () => {
  const taint = { key: "k", value: "v", effect: "NoSchedule" };
  const table: { toleration: V1Toleration; expected: boolean }[] = [
    { toleration: { operator: "Exists" }, expected: true },
    { toleration: { key: "k", operator: "Exists" }, expected: true },
    { toleration: { key: "k", value: "v" }, expected: true },
    { toleration: { key: "k", operator: "Equal", value: "x" }, expected: false },
    { toleration: { key: "other", operator: "Exists" }, expected: false },
    { toleration: { key: "k", operator: "Exists", effect: "NoExecute" }, expected: false },
  ];
  for (const { toleration, expected } of table) {
    it(`${JSON.stringify(toleration)}: ${expected}`, () => assert.equal(tolerates(toleration, taint), expected));
  }
});
