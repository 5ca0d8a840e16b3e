import assert from "node:assert/strict";
import { StatusError } from "@drydock/apimachinery";
import type { ApiClient } from "@drydock/client";
import { silentLogger } from "@drydock/component";
import type { V1Pod, V1PodCondition, V1PodStatus } from "@drydock/kube-api";
import { StatusWriter } from "./status-writer.ts";

describe("the writer of statuses", () => {
  const ready = (status: string, more: Partial<V1PodCondition> = {}): V1PodCondition => ({
    type: "Ready",
    status,
    ...more,
  });
  const pod = (resourceVersion: string, status: V1PodStatus): V1Pod => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "n", uid: "1", resourceVersion },
    status,
  });
  let patches: { status: Record<string, unknown> }[];
  let answer: () => V1Pod;
  let writer: StatusWriter;

  beforeEach(() => {
    patches = [];
    const client = {
      async patch(_resource: unknown, _key: unknown, patch: { status: Record<string, unknown> }) {
        patches.push(patch);
        return answer();
      },
    } as unknown as ApiClient;
    writer = new StatusWriter(client, silentLogger());
  });

  it("tells again what somebody else has changed since the last write", async () => {
    const good = { phase: "Running", conditions: [ready("True")] };
    answer = () => pod("11", good);
    assert.ok(await writer.write(pod("10", { phase: "Pending" }), good));
    assert.ok(await writer.write(pod("11", good), good));
    assert.equal(patches.length, 1, "once is enough");
    answer = () => pod("13", good);
    assert.ok(await writer.write(pod("12", { phase: "Running", conditions: [ready("False")] }), good));
    assert.deepEqual(patches[1]?.status.conditions, [ready("True")]);
  });

  it("goes by the answer to its last write while the watch lags behind", async () => {
    const good = { phase: "Running", conditions: [ready("True")] };
    answer = () => pod("11", good);
    await writer.write(pod("10", { phase: "Pending" }), good);
    assert.deepEqual(writer.newest(pod("10", { phase: "Pending" })), good);
    await writer.write(pod("10", { phase: "Pending" }), good);
    assert.equal(patches.length, 1);
    writer.forget("1");
    assert.deepEqual(writer.newest(pod("10", { phase: "Pending" })), { phase: "Pending" });
  });

  it("leaves conditions that did not change, takes away what no longer holds, and replaces addresses", async () => {
    const other = { type: "DisruptionTarget", status: "True" };
    const old = {
      phase: "Running",
      reason: "Old",
      conditions: [ready("False", { reason: "ContainersNotReady" }), other],
    };
    answer = () => pod("11", {});
    await writer.write(pod("10", old), {
      phase: "Running",
      podIPs: [{ ip: "10.0.0.1" }],
      conditions: [ready("True"), other],
    });
    assert.deepEqual(patches[0]?.status, {
      phase: "Running",
      reason: null,
      podIPs: [{ $patch: "replace" }, { ip: "10.0.0.1" }],
      conditions: [{ type: "Ready", status: "True", reason: null }],
    });
  });

  it("says whether the server knows: a pod that is gone needs no status, and an error is tried again", async () => {
    const fail = (code: number) => () => {
      throw new StatusError({ code, reason: "Test", message: "test" } as never);
    };
    answer = fail(404);
    assert.equal(await writer.write(pod("1", {}), { phase: "Running" }), true);
    answer = fail(500);
    assert.equal(await writer.write(pod("1", {}), { phase: "Running" }), false);
  });
});
