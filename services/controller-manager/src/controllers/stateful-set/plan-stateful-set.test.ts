import assert from "node:assert/strict";
import type { V1StatefulSetSpec } from "@drydock/kube-api";
import { planStatefulSet, type StatefulView } from "./plan-stateful-set.ts";
import { planStatus } from "./plan-status.ts";
import { statefulPodFixture, statefulSetFixture } from "./stateful-set-fixture.ts";

const rolling = (rollingUpdate: object) => ({ updateStrategy: { type: "RollingUpdate", rollingUpdate } });
const burst = { podManagementPolicy: "Parallel" };

function viewOf(spec: Partial<V1StatefulSetSpec>, pods: string): StatefulView {
  const texts = pods.split(" ").filter(Boolean);
  return {
    set: statefulSetFixture(spec),
    pods: texts.map(statefulPodFixture),
    currentRevision: "old",
    updateRevision: "new",
    nowMs: 60_000,
  };
}

interface Row {
  readonly it: string;
  readonly spec?: Partial<V1StatefulSetSpec>;
  /** Ordinals, with o: of the old revision, w: not ready, d: being deleted, f: failed, s: succeeded. */
  readonly pods: string;
  readonly create?: readonly string[];
  readonly delete?: readonly string[];
  readonly outdated?: readonly string[];
}

const TABLE: readonly Row[] = [
  { it: "begins with the first", pods: "", create: ["0 new"] },
  { it: "waits until it is ready", pods: "0w" },
  { it: "goes on when it is", pods: "0", create: ["1 new"] },
  { it: "waits until it is available", spec: { minReadySeconds: 90 }, pods: "0" },
  { it: "fills a gap before it goes on", pods: "0 2", create: ["1 new"] },
  { it: "waits for what is being deleted", pods: "0 1d" },
  { it: "is content", pods: "0 1 2" },
  { it: "creates all at once if it may", spec: burst, pods: "1w", create: ["0 new", "2 new"] },
  { it: "counts from where it is told", spec: { ordinals: { start: 5 }, replicas: 2 }, pods: "5", create: ["6 new"] },
  { it: "moves to other ordinals", spec: { ordinals: { start: 1 }, replicas: 2 }, pods: "0 1 2", delete: ["db-0"] },
  { it: "deletes what has ended, whatever it ended with", pods: "0f 1 2", delete: ["db-0"] },
  { it: "deletes what has succeeded too", pods: "0s 1 2", delete: ["db-0"] },
  { it: "shrinks from the end, one by one", spec: { replicas: 1 }, pods: "0 1 2", delete: ["db-2"] },
  { it: "waits for the one that goes", spec: { replicas: 1 }, pods: "0 1 2d" },
  { it: "does not shrink while one before is not well", spec: { replicas: 2 }, pods: "0w 1 2" },
  { it: "removes the one that is not well", spec: { replicas: 1 }, pods: "0 1 2w", delete: ["db-2"] },
  { it: "waits for one that is not well below", spec: { replicas: 1 }, pods: "0 1w 2w" },
  { it: "shrinks at once if it may", spec: { ...burst, replicas: 1 }, pods: "0 1w 2", delete: ["db-2", "db-1"] },
  { it: "updates from the end", pods: "0o 1o 2o", outdated: ["db-2"] },
  { it: "waits for the one updated", pods: "0o 1o 2w" },
  { it: "goes on to the next", pods: "0o 1o 2", outdated: ["db-1"] },
  { it: "waits for the old one to go", pods: "0o 1o 2od" },
  { it: "leaves what is below the partition", spec: rolling({ partition: 2 }), pods: "0o 1o 2" },
  {
    it: "makes anew what is below the partition as it was",
    spec: rolling({ partition: 2 }),
    pods: "0o",
    create: ["1 old"],
  },
  { it: "updates none by itself if it is told so", spec: { updateStrategy: { type: "OnDelete" } }, pods: "0o 1o 2o" },
  {
    it: "makes anew in the new way what was deleted",
    spec: { updateStrategy: { type: "OnDelete" } },
    pods: "0o 1o",
    create: ["2 new"],
  },
  {
    it: "updates several at once if it may",
    spec: rolling({ maxUnavailable: 2 }),
    pods: "0o 1o 2o",
    outdated: ["db-2", "db-1"],
  },
  {
    it: "counts those that are not well among them",
    spec: { ...burst, ...rolling({ maxUnavailable: "70%" }) },
    pods: "0o 1o 2w",
    outdated: ["db-1"],
  },
  { it: "shrinks before it updates", spec: { replicas: 2 }, pods: "0o 1o 2o", delete: ["db-2"] },
  { it: "replaces an old pod that never was ready only in its turn", pods: "0ow 1o 2o" },
];

describe("planStatefulSet", () => {
  for (const row of TABLE)
    it(row.it, () => {
      const plan = planStatefulSet(viewOf(row.spec ?? {}, row.pods));
      const names = (pods: typeof plan.delete) => pods.map(({ metadata }) => metadata.name);
      assert.deepEqual(
        plan.create.map(({ ordinal, revision }) => `${ordinal} ${revision}`),
        row.create ?? [],
      );
      assert.deepEqual(names(plan.delete), row.delete ?? []);
      assert.deepEqual(names(plan.outdated), row.outdated ?? []);
    });

  it("does nothing when the set is going", () => {
    const view = viewOf({}, "0 2o");
    view.set.metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
    const { create, delete: remove, outdated } = planStatefulSet(view);
    assert.deepEqual([create, remove, outdated], [[], [], []]);
  });
});

describe("planStatus", () => {
  it("counts pods of both revisions", () => {
    assert.deepEqual(planStatus(viewOf({}, "0o 1ow 2 3d"), 1, 0), {
      replicas: 4,
      readyReplicas: 3,
      availableReplicas: 3,
      currentReplicas: 1,
      updatedReplicas: 1,
      observedGeneration: 2,
      currentRevision: "old",
      updateRevision: "new",
      collisionCount: 0,
    });
  });

  it("makes the new revision the current one when all have it", () => {
    const { currentRevision, currentReplicas } = planStatus(viewOf({}, "0 1 2"), 0, 0);
    assert.deepEqual([currentRevision, currentReplicas], ["new", 3]);
    assert.equal(planStatus(viewOf({}, "0 1 2w"), 0, 0).currentRevision, "old");
    assert.equal(planStatus(viewOf({}, "0 1"), 0, 0).currentRevision, "old");
    assert.equal(planStatus(viewOf({}, "0o 1 2"), 0, 0).currentRevision, "old");
  });
});
