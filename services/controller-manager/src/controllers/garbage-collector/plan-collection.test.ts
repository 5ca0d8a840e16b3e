import assert from "node:assert/strict";
import type { KubeObject } from "@drydock/apimachinery";
import { type OwnerState, planCollection } from "./plan-collection.ts";

function object(metadata: Partial<KubeObject["metadata"]> = {}): KubeObject {
  return { apiVersion: "v1", kind: "Pod", metadata: { name: "a", uid: "u", ...metadata } };
}

const deleted = { deletionTimestamp: "2026-01-01T00:00:00Z" };
const waiting = { ...deleted, finalizers: ["foregroundDeletion"] };
const reference = (blockOwnerDeletion: boolean) => [
  { apiVersion: "v1", kind: "Pod", name: "a", uid: "u", blockOwnerDeletion },
];
const dependent = (blockOwnerDeletion: boolean) => object({ ownerReferences: reference(blockOwnerDeletion) });
const owners = (...states: OwnerState["state"][]): OwnerState[] =>
  states.map((state, index) => ({ uid: `o${index}`, state }));
const remove = (policy: string, isInCircle = false) => ({ kind: "delete", policy, isInCircle });

describe("planCollection", () => {
  it("deletes what all owners have left, and only that", () => {
    assert.deepEqual(planCollection(object(), owners("absent", "absent"), []), remove("Background"));
    assert.deepEqual(planCollection(object(), owners("present", "present"), []), { kind: "none" });
    assert.deepEqual(planCollection(object(), [], []), { kind: "none" });
  });

  it("leaves an object to the owners that stay, and takes the others from it", () => {
    const action = planCollection(object(), owners("deleting-foreground", "present", "absent"), [dependent(true)]);
    assert.deepEqual(action, { kind: "release", ownerUids: ["o0", "o2"] });
  });

  it("deletes as the object's own finalizers want it", () => {
    for (const [finalizer, policy] of [
      ["orphan", "Orphan"],
      ["foregroundDeletion", "Foreground"],
      ["mine", "Background"],
    ] as const)
      assert.deepEqual(planCollection(object({ finalizers: [finalizer] }), owners("absent"), []), remove(policy));
  });

  it("hands foreground deletion down to who has dependents", () => {
    const going = owners("deleting-foreground", "absent");
    assert.deepEqual(planCollection(object(), going, [dependent(true)]), remove("Foreground"));
    assert.deepEqual(planCollection(object(), going, []), remove("Background"));
  });

  it("breaks a circle: what depends on it is itself waiting", () => {
    const circle = [object({ ...waiting, ownerReferences: reference(true) })];
    assert.deepEqual(planCollection(object(), owners("deleting-foreground"), circle), remove("Foreground", true));
  });

  it("waits for dependents that block, not for others", () => {
    const owner = object(waiting);
    assert.deepEqual(planCollection(owner, [], [dependent(true)]), { kind: "none" });
    assert.deepEqual(planCollection(owner, [], [dependent(false)]), { kind: "finish-foreground" });
    assert.deepEqual(planCollection(owner, [], []), { kind: "finish-foreground" });
  });

  it("orphans, and leaves other finalizers to their owners", () => {
    const orphan = object({ ...deleted, finalizers: ["orphan"] });
    assert.deepEqual(planCollection(orphan, [], [dependent(true)]), { kind: "orphan-dependents" });
    assert.deepEqual(planCollection(object({ ...deleted, finalizers: ["mine"] }), owners("absent"), []), {
      kind: "none",
    });
  });
});
