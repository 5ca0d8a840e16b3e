import assert from "node:assert/strict";
import type { V1Node } from "@drydock/kube-api";
import { planTaints, planUnknownConditions, viewHealth } from "./plan-node-health.ts";

const NOW_MS = Date.UTC(2026, 0, 1);
const NOW = "2026-01-01T00:00:00Z";

function nodeWith(
  ready: "True" | "False" | "Unknown" | undefined,
  taints: { key: string; effect: string }[] = [],
): V1Node {
  const conditions = ready ? [{ type: "Ready", status: ready, lastHeartbeatTime: "2025-12-31T23:59:00Z" }] : [];
  return { apiVersion: "v1", kind: "Node", metadata: { name: "a" }, spec: { taints }, status: { conditions } };
}

describe("viewHealth", () => {
  const table = [
    { ready: "True", isSilent: false, expected: "ready" },
    { ready: "False", isSilent: false, expected: "not-ready" },
    { ready: undefined, isSilent: false, expected: "not-ready" },
    { ready: "Unknown", isSilent: false, expected: "unreachable" },
    { ready: "True", isSilent: true, expected: "unreachable" },
  ] as const;
  for (const { ready, isSilent, expected } of table) {
    it(`Ready ${ready ?? "absent"}, ${isSilent ? "silent" : "heard of"}: ${expected}`, () =>
      assert.equal(viewHealth(nodeWith(ready), isSilent), expected));
  }
});

describe("planUnknownConditions", () => {
  it("says that nobody knows any more, once", () => {
    const conditions = planUnknownConditions(nodeWith("True"), NOW_MS) ?? [];
    assert.deepEqual(conditions[0], {
      type: "Ready",
      status: "Unknown",
      reason: "NodeStatusUnknown",
      message: "Kubelet stopped posting node status.",
      lastHeartbeatTime: "2025-12-31T23:59:00Z",
      lastTransitionTime: NOW,
    });
    assert.equal(conditions.find(({ type }) => type === "DiskPressure")?.reason, "NodeStatusNeverUpdated");
    const node = nodeWith("True");
    assert.equal(planUnknownConditions({ ...node, status: { conditions } }, NOW_MS), undefined);
  });
});

describe("planTaints", () => {
  const texts = (node: V1Node, view: Parameters<typeof planTaints>[1]) =>
    planTaints(node, view, NOW_MS)?.map(({ key, effect }) => `${key.replace("node.kubernetes.io/", "")}:${effect}`);

  it("marks what fails and takes the mark away when it is well again", () => {
    assert.deepEqual(texts(nodeWith("Unknown"), "unreachable"), ["unreachable:NoSchedule", "unreachable:NoExecute"]);
    const tainted = nodeWith("True", [{ key: "node.kubernetes.io/unreachable", effect: "NoExecute" }]);
    assert.deepEqual(texts(tainted, "ready"), []);
    assert.deepEqual(texts(tainted, "not-ready"), ["not-ready:NoSchedule", "not-ready:NoExecute"]);
  });

  it("leaves the taints of others alone, and a cordoned node unschedulable", () => {
    const node = nodeWith("True", [{ key: "gpu", effect: "NoSchedule" }]);
    assert.equal(texts(node, "ready"), undefined);
    const cordoned = { ...node, spec: { ...node.spec, unschedulable: true } };
    assert.deepEqual(texts(cordoned, "ready"), ["gpu:NoSchedule", "unschedulable:NoSchedule"]);
  });

  it("keeps the time a taint was added: evictions count from it", () => {
    const [first] = planTaints(nodeWith("Unknown"), "unreachable", NOW_MS) ?? [];
    const node = { ...nodeWith("Unknown"), spec: { taints: first ? [first] : [] } };
    const later = planTaints(node, "unreachable", NOW_MS + 60_000);
    assert.deepEqual(
      later?.map(({ timeAdded }) => timeAdded),
      [NOW, "2026-01-01T00:01:00Z"],
    );
  });
});
