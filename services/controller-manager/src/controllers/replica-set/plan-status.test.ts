import assert from "node:assert/strict";
import { podFixture } from "../../pods/pod-fixture.ts";
import { planStatus } from "./plan-status.ts";
import type { ReplicaOwner } from "./replica-owner.ts";

describe("planStatus", () => {
  const owner: ReplicaOwner = {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name: "web", namespace: "default", uid: "u", generation: 4 },
    spec: {
      replicas: 2,
      minReadySeconds: 10,
      template: { metadata: { name: "", labels: { app: "web" } }, spec: { containers: [] } },
    },
  };
  const nowMs = 60_000;
  const pods = [
    podFixture({ name: "a", isReady: true, readySinceMs: 0, labels: { app: "web" } }),
    podFixture({ name: "b", isReady: true, readySinceMs: 55_000, labels: { other: "x" } }),
    podFixture({ name: "c" }),
  ];

  it("counts ready, available after minReadySeconds, and fully labelled pods", () => {
    assert.deepEqual(planStatus(owner, pods, undefined, nowMs), {
      replicas: 3,
      fullyLabeledReplicas: 1,
      readyReplicas: 2,
      availableReplicas: 1,
      observedGeneration: 4,
    });
  });

  it("writes nothing when nothing changed, zeros counting as absent", () => {
    const status = { replicas: 0, readyReplicas: 0, observedGeneration: 4 };
    assert.equal(planStatus({ ...owner, status }, [], undefined, nowMs), undefined);
  });

  it("shows a failure and takes it back", () => {
    const failed = planStatus(owner, [], { reason: "FailedCreate", message: "quota" }, nowMs);
    assert.deepEqual(failed?.conditions, [
      {
        type: "ReplicaFailure",
        status: "True",
        reason: "FailedCreate",
        message: "quota",
        lastTransitionTime: "1970-01-01T00:01:00Z",
      },
    ]);
    const healed = planStatus({ ...owner, ...(failed ? { status: failed } : {}) }, [], undefined, nowMs);
    assert.deepEqual(healed, { replicas: 0, observedGeneration: 4 });
  });
});
