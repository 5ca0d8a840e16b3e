import assert from "node:assert/strict";
import { labelSelectorFromMap, type OwnerReference } from "@drydock/apimachinery";
import { podFixture } from "../pods/pod-fixture.ts";
import { planClaims } from "./plan-claims.ts";

describe("planClaims", () => {
  const owner = {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name: "web", namespace: "default", uid: "me" },
  };
  const selector = labelSelectorFromMap({ app: "web" });
  const pod = (name: string, app: string, controller?: string, deletedMs?: number) => {
    const made = podFixture({ name, labels: { app }, deletedMs });
    const reference: OwnerReference = {
      apiVersion: "v1",
      kind: "X",
      name: "x",
      uid: controller ?? "",
      controller: true,
    };
    if (controller) made.metadata.ownerReferences = [reference];
    return made;
  };
  const pods = [
    pod("ours", "web", "me"),
    pod("relabelled", "other", "me"),
    pod("orphan", "web"),
    pod("dying-orphan", "web", undefined, 5),
    pod("theirs", "web", "somebody"),
    pod("unrelated", "other"),
  ];
  const names = (from: typeof owner) => {
    const { kept, adopt, release } = planClaims(from, selector, pods);
    return [kept, adopt, release].map((list) => list.map(({ metadata }) => metadata.name));
  };

  it("keeps, adopts and releases", () => {
    assert.deepEqual(names(owner), [["ours"], ["orphan"], ["relabelled"]]);
  });

  it("neither adopts nor releases once the owner is being deleted", () => {
    const dying = { ...owner, metadata: { ...owner.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } };
    assert.deepEqual(names(dying), [["ours"], [], []]);
  });
});
