import assert from "node:assert/strict";
import type { V1PersistentVolume, V1PersistentVolumeClaim, V1Pod } from "@drydock/kube-api";
import { isAttributesClassInUse, isClaimInUse, isVolumeInUse, releasedFinalizers } from "./in-use.ts";

const claim = { metadata: { namespace: "ns", name: "data" } } as V1PersistentVolumeClaim;
const pod = (volume: object, nodeName: string, phase: string, namespace = "ns") =>
  ({
    metadata: { namespace, name: "p" },
    spec: { containers: [], nodeName, volumes: [{ name: "v", ...volume }] },
    status: { phase },
  }) as unknown as V1Pod;
const uses = { persistentVolumeClaim: { claimName: "data" } };

interface PersistentUse {
  readonly claims?: readonly V1PersistentVolumeClaim[];
  readonly volumes?: readonly V1PersistentVolume[];
}

describe("the protection of storage in use", () => {
  const table: [string, V1Pod[], boolean][] = [
    ["nobody", [], false],
    ["a pod that runs", [pod(uses, "n", "Running")], true],
    ["a pod on a node that has not begun", [pod(uses, "n", "Pending")], true],
    ["a pod without a node", [pod(uses, "", "Pending")], false],
    ["a pod that has ended", [pod(uses, "n", "Succeeded"), pod(uses, "n", "Failed")], false],
    ["a pod of another namespace", [pod(uses, "n", "Running", "other")], false],
    ["a pod with another claim", [pod({ persistentVolumeClaim: { claimName: "x" } }, "n", "Running")], false],
  ];
  for (const [who, pods, expected] of table)
    it(`${expected ? "holds" : "lets go of"} a claim used by ${who}`, () =>
      assert.equal(isClaimInUse(claim, pods), expected));

  it("holds the claim that an ephemeral volume made", () => {
    const own = { metadata: { namespace: "ns", name: "p-v" } } as V1PersistentVolumeClaim;
    assert.equal(isClaimInUse(own, [pod({ ephemeral: {} }, "n", "Running")]), true);
  });

  it("holds a volume that is bound", () => {
    const volume = (phase: string) => ({
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name: "v" },
      status: { phase },
    });
    assert.deepEqual(
      ["Bound", "Released", "Available"].map((phase) => isVolumeInUse(volume(phase))),
      [true, false, false],
    );
  });

  it("holds an attributes class that a claim has or is to have, or a volume", () => {
    const claimOf = (part: object) => ({ metadata: { name: "c" }, ...part }) as V1PersistentVolumeClaim;
    const cases: [PersistentUse, boolean][] = [
      [{ claims: [claimOf({ spec: { volumeAttributesClassName: "gold" } })] }, true],
      [{ claims: [claimOf({ status: { currentVolumeAttributesClassName: "gold" } })] }, true],
      [{ claims: [claimOf({ status: { modifyVolumeStatus: { targetVolumeAttributesClassName: "gold" } } })] }, true],
      [
        { volumes: [{ metadata: { name: "v" }, spec: { volumeAttributesClassName: "gold" } } as V1PersistentVolume] },
        true,
      ],
      [{ claims: [claimOf({ spec: { volumeAttributesClassName: "silver" } })] }, false],
    ];
    for (const [{ claims = [], volumes = [] }, expected] of cases)
      assert.equal(isAttributesClassInUse("gold", claims, volumes), expected);
  });

  it("takes off its own finalizer, once the object is to go and is free", () => {
    const finalizers = ["a", "f", "b"];
    const deletionTimestamp = "2026-01-01T00:00:00Z";
    assert.deepEqual(releasedFinalizers({ deletionTimestamp, finalizers }, "f", false), ["a", "b"]);
    assert.equal(releasedFinalizers({ deletionTimestamp, finalizers }, "f", true), undefined);
    assert.equal(releasedFinalizers({ finalizers }, "f", false), undefined);
    assert.equal(releasedFinalizers({ deletionTimestamp, finalizers: ["a"] }, "f", false), undefined);
  });
});
