import assert from "node:assert/strict";
import type { V1PodDisruptionBudget, V1PodDisruptionBudgetSpec, V1PodDisruptionBudgetStatus } from "@drydock/kube-api";
import { type PodFixture, podFixture } from "../../pods/pod-fixture.ts";
import { countsByScale, planBudget, planFailSafe } from "./plan-budget.ts";
import { targetStaleInMs, withoutTarget } from "./stale-target.ts";

const NOW_MS = 1_000_000_000;
const at = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;
const ready = (...names: string[]): PodFixture[] => names.map((name) => ({ name, isReady: true }));

function budget(spec: V1PodDisruptionBudgetSpec, status?: V1PodDisruptionBudgetStatus): V1PodDisruptionBudget {
  const metadata = { name: "b", namespace: "default", generation: 3 };
  return { apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata, spec, ...(status ? { status } : {}) };
}

interface Row {
  readonly it: string;
  readonly spec: V1PodDisruptionBudgetSpec;
  readonly pods: readonly PodFixture[];
  readonly expected: number;
  readonly disruptedPods?: Record<string, string>;
  /** Healthy, wanted healthy, allowed. */
  readonly expect: readonly [current: number, desired: number, allowed: number];
  readonly left?: readonly string[];
  readonly notDeleted?: readonly string[];
  readonly recheckAfterMs?: number;
}

const TABLE: readonly Row[] = [
  {
    it: "allows what is more than enough",
    spec: { minAvailable: 2 },
    pods: ready("a", "b", "c"),
    expected: 3,
    expect: [3, 2, 1],
  },
  {
    it: "allows nothing when too few are ready",
    spec: { minAvailable: 2 },
    pods: [...ready("a"), { name: "b" }],
    expected: 2,
    expect: [1, 2, 0],
  },
  {
    it: "rounds a part of them up",
    spec: { minAvailable: "50%" },
    pods: ready("a", "b", "c"),
    expected: 3,
    expect: [3, 2, 1],
  },
  {
    it: "takes away what may be unavailable",
    spec: { maxUnavailable: 1 },
    pods: ready("a", "b", "c"),
    expected: 4,
    expect: [3, 3, 0],
  },
  {
    it: "rounds that up too",
    spec: { maxUnavailable: "30%" },
    pods: ready("a", "b", "c"),
    expected: 3,
    expect: [3, 2, 1],
  },
  {
    it: "wants none when all may be unavailable",
    spec: { maxUnavailable: 9 },
    pods: ready("a"),
    expected: 1,
    expect: [1, 0, 1],
  },
  { it: "allows nothing while there is nothing", spec: { minAvailable: 0 }, pods: [], expected: 0, expect: [0, 0, 0] },
  {
    it: "does not count what is being deleted",
    spec: { minAvailable: 1 },
    pods: [...ready("a"), { name: "b", isReady: true, deletedMs: 1 }],
    expected: 2,
    expect: [1, 1, 0],
  },
  {
    it: "does not count what has been evicted",
    spec: { minAvailable: 1 },
    pods: ready("a", "b"),
    expected: 2,
    disruptedPods: { a: at(NOW_MS - 20_000), gone: at(NOW_MS) },
    expect: [1, 1, 0],
    left: ["a"],
    recheckAfterMs: 100_001,
  },
  {
    it: "counts it again when it has not gone in time",
    spec: { minAvailable: 1 },
    pods: ready("a", "b"),
    expected: 2,
    disruptedPods: { a: at(NOW_MS - 121_000) },
    expect: [2, 1, 1],
    notDeleted: ["a"],
  },
];

describe("planBudget", () => {
  for (const row of TABLE)
    it(row.it, () => {
      const status = row.disruptedPods ? { disruptedPods: row.disruptedPods } : undefined;
      const plan = planBudget(budget(row.spec, status), row.pods.map(podFixture), row.expected, NOW_MS);
      const { currentHealthy, desiredHealthy, disruptionsAllowed, expectedPods, observedGeneration } = plan.status;
      assert.deepEqual([currentHealthy, desiredHealthy, disruptionsAllowed], row.expect);
      assert.deepEqual([expectedPods, observedGeneration], [row.expected, 3]);
      assert.deepEqual(Object.keys(plan.status.disruptedPods ?? {}), row.left ?? []);
      assert.deepEqual(
        plan.notDeleted.map(({ metadata }) => metadata.name),
        row.notDeleted ?? [],
      );
      assert.equal(plan.recheckAfterMs, row.recheckAfterMs);
    });

  it("says why, and since when", () => {
    const first = planBudget(budget({ minAvailable: 2 }), ready("a").map(podFixture), 1, NOW_MS).status;
    const condition = { type: "DisruptionAllowed", status: "False", message: "", observedGeneration: 3 };
    const since = { ...condition, reason: "InsufficientPods", lastTransitionTime: at(NOW_MS) };
    assert.deepEqual(first.conditions, [since]);
    const failed = planFailSafe(budget({ minAvailable: 2 }, { ...first, disruptionsAllowed: 5 }), "why", NOW_MS + 5000);
    assert.deepEqual(failed.conditions, [{ ...since, reason: "SyncFailed", message: "why" }]);
    assert.equal(failed.disruptionsAllowed, 0);
    const later = planBudget(budget({ minAvailable: 0 }, first), ready("a").map(podFixture), 1, NOW_MS + 5000).status;
    assert.deepEqual(later.conditions?.[0]?.lastTransitionTime, at(NOW_MS + 5000));
    assert.deepEqual(later.conditions?.[0]?.reason, "SufficientPods");
  });

  it("asks the owners only where it has to", () => {
    const asks = [{ minAvailable: 1 }, { minAvailable: "1%" }, { maxUnavailable: 1 }, {}].map((spec) =>
      countsByScale(budget(spec)),
    );
    assert.deepEqual(asks, [false, true, true, false]);
  });
});

describe("a pod that somebody meant to remove", () => {
  const target = (reason: string, status = "True", more: Partial<PodFixture> = {}) => {
    const pod = podFixture({ name: "p", isReady: true, ...more });
    pod.status?.conditions?.push({ type: "DisruptionTarget", status, reason, lastTransitionTime: at(0) });
    return pod;
  };

  it("is let be after two minutes", () => {
    assert.equal(targetStaleInMs(target("EvictionByEvictionAPI"), 0), 120_000);
    assert.equal(targetStaleInMs(target("EvictionByEvictionAPI"), 120_000), 0);
    assert.equal(targetStaleInMs(target("TerminationByKubelet"), 0), undefined);
    assert.equal(targetStaleInMs(target("X", "False"), 0), undefined);
    assert.equal(targetStaleInMs(target("X", "True", { deletedMs: 1 }), 0), undefined);
    assert.equal(targetStaleInMs(target("X", "True", { phase: "Failed" }), 0), undefined);
  });

  it("says so no more", () => {
    const { status } = withoutTarget(target("EvictionByEvictionAPI"), 5000);
    assert.deepEqual(status?.conditions?.[1], {
      type: "DisruptionTarget",
      status: "False",
      lastTransitionTime: at(5000),
    });
    assert.equal(status?.conditions?.[0]?.type, "Ready");
  });
});
