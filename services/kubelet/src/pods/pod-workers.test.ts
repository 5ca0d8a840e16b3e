import assert from "node:assert/strict";
import { FakeClock } from "@drydock/base";
import { silentLogger } from "@drydock/component";
import type { V1Pod } from "@drydock/kube-api";
import type { PodSyncer, SyncResult } from "./pod-syncer.ts";
import { PodWorkers } from "./pod-workers.ts";

describe("the workers of pods", () => {
  const pod = (deletionTimestamp?: string): V1Pod => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "n", uid: "1", ...(deletionTimestamp ? { deletionTimestamp } : {}) },
  });

  it("tell a pass under way that its pod is to go, and end the pod behind it", async () => {
    const told: boolean[] = [];
    const passes: string[] = [];
    const underWay = Promise.withResolvers<void>();
    const done: SyncResult = { retryAtMs: undefined };
    const syncer = {
      async sync(_: V1Pod, isWanted: () => boolean) {
        passes.push("sync");
        told.push(isWanted());
        await underWay.promise;
        told.push(isWanted());
        return done;
      },
      async terminate() {
        passes.push("terminate");
        return done;
      },
    } as unknown as PodSyncer;
    const workers = new PodWorkers(syncer, new FakeClock(), silentLogger());
    workers.update(pod());
    workers.update(pod("2026-01-01T00:00:00Z"));
    assert.deepEqual(passes, ["sync"]);
    underWay.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(told, [true, false]);
    assert.deepEqual(passes, ["sync", "terminate"]);
  });
});
