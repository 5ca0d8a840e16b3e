import assert from "node:assert/strict";
import type { KubeObject } from "@drydock/apimachinery";
import { planCollection } from "./plan-collection.ts";

function object(metadata: Partial<KubeObject["metadata"]> = {}): KubeObject {
  return { apiVersion: "v1", kind: "Pod", metadata: { name: "a", uid: "u", ...metadata } };
}

const deleted = { deletionTimestamp: "2026-01-01T00:00:00Z" };
const dependent = (blockOwnerDeletion: boolean) =>
  object({ ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "a", uid: "u", blockOwnerDeletion }] });

describe("planCollection", () => {
  it("deletes what all owners have left, and only that", () => {
    assert.deepEqual(planCollection(object(), ["absent", "absent"], []), { kind: "delete", policy: "Background" });
    assert.deepEqual(planCollection(object(), ["absent", "present"], []), { kind: "none" });
    assert.deepEqual(planCollection(object(), [], []), { kind: "none" });
  });

  it("hands foreground deletion down", () => {
    assert.deepEqual(planCollection(object(), ["deleting-foreground"], []), { kind: "delete", policy: "Foreground" });
  });

  it("waits for dependents that block, not for others", () => {
    const owner = object({ ...deleted, finalizers: ["foregroundDeletion"] });
    assert.deepEqual(planCollection(owner, [], [dependent(true)]), { kind: "delete-dependents" });
    assert.deepEqual(planCollection(owner, [], [dependent(false)]), { kind: "finish-foreground" });
    assert.deepEqual(planCollection(owner, [], []), { kind: "finish-foreground" });
  });

  it("orphans, and leaves other finalizers to their owners", () => {
    const orphan = object({ ...deleted, finalizers: ["orphan"] });
    assert.deepEqual(planCollection(orphan, [], [dependent(true)]), { kind: "orphan-dependents" });
    assert.deepEqual(planCollection(object({ ...deleted, finalizers: ["mine"] }), ["absent"], []), { kind: "none" });
  });
});
