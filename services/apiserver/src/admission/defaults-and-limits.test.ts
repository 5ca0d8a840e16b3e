import assert from "node:assert/strict";
import type { KubeObject } from "@drydock/apimachinery";
import type { V1PersistentVolumeClaim, V1Pod } from "@drydock/kube-api";
import { createMemoryRegistry, type MemoryRegistry } from "../registry/memory-registry.ts";
import { Admission, type AdmissionRequest } from "./admission.ts";
import { claimResize } from "./claim-resize.ts";
import { runtimeClass } from "./runtime-class.ts";
import { storageObjectInUseProtection } from "./storage-object-in-use.ts";

describe("admission of pods by their runtime class, and of claims", () => {
  let memory: MemoryRegistry;

  beforeEach(async () => {
    memory = await createMemoryRegistry();
    const { registry } = memory;
    registry.admission = new Admission([runtimeClass(registry), storageObjectInUseProtection, claimResize(registry)]);
    await memory.put("", "namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "ns" } });
    await memory.put("node.k8s.io", "runtimeclasses", {
      apiVersion: "node.k8s.io/v1",
      kind: "RuntimeClass",
      metadata: { name: "sandboxed" },
      handler: "sandboxed",
      overhead: { podFixed: { cpu: "10m" } },
      scheduling: { nodeSelector: { runtime: "sandboxed" }, tolerations: [{ key: "sandbox", operator: "Exists" }] },
    } as KubeObject);
    for (const [name, allowVolumeExpansion] of [
      ["grows", true],
      ["fixed", false],
    ] as const)
      await memory.put("storage.k8s.io", "storageclasses", {
        apiVersion: "storage.k8s.io/v1",
        kind: "StorageClass",
        metadata: { name },
        provisioner: "example.com/none",
        allowVolumeExpansion,
      } as KubeObject);
  });
  afterEach(() => memory.stop());

  const pod = (spec: object) =>
    memory.put("", "pods", {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { namespace: "ns", name: "p" },
      spec: { containers: [{ name: "a", image: "i" }], ...spec },
    } as unknown as V1Pod);

  it("gives a pod what its class costs and where it can run", async () => {
    const { spec } = await pod({ runtimeClassName: "sandboxed", nodeSelector: { zone: "a" } });
    assert.deepEqual(spec?.overhead, { cpu: "10m" });
    assert.deepEqual(spec?.nodeSelector, { zone: "a", runtime: "sandboxed" });
    assert.equal(
      spec?.tolerations?.some(({ key }) => key === "sandbox"),
      true,
    );
  });

  const refusals: [object, RegExp][] = [
    [{ runtimeClassName: "none" }, /pod rejected: RuntimeClass "none" not found/],
    [
      { runtimeClassName: "sandboxed", overhead: { cpu: "1" } },
      /Pod's Overhead doesn't match RuntimeClass's defined Overhead/,
    ],
    [
      { runtimeClassName: "sandboxed", nodeSelector: { runtime: "other" } },
      /conflict: runtimeClass.scheduling.nodeSelector\[runtime\]/,
    ],
    [{ overhead: { cpu: "1" } }, /Pod Overhead set without corresponding RuntimeClass defined Overhead/],
  ];
  for (const [spec, message] of refusals)
    it(`refuses ${JSON.stringify(spec)}`, () => assert.rejects(pod(spec), message));

  it("protects what stores data from going while it is used", async () => {
    const { metadata } = await memory.put("", "persistentvolumeclaims", claim("1Gi") as KubeObject);
    assert.deepEqual(metadata.finalizers, ["kubernetes.io/pvc-protection"]);
  });

  const claim = (storage: string, phase = "Bound", storageClassName = "grows"): V1PersistentVolumeClaim =>
    ({
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { namespace: "ns", name: "c" },
      spec: { accessModes: ["ReadWriteOnce"], storageClassName, resources: { requests: { storage } } },
      status: { phase },
    }) as V1PersistentVolumeClaim;
  const resize = async (old: V1PersistentVolumeClaim, storage: string): Promise<void> => {
    const { definition } = memory.registry.require("", "v1", "persistentvolumeclaims");
    const object = claim(storage, old.status?.phase, old.spec?.storageClassName);
    const request = { operation: "update", definition, subresource: "", name: "c", object, oldObject: old };
    await claimResize(memory.registry).validate?.(request as unknown as AdmissionRequest);
  };

  it("lets a bound claim grow where its class allows it, and no other", async () => {
    await resize(claim("1Gi"), "2Gi");
    await assert.rejects(resize(claim("1Gi", "Pending"), "2Gi"), /Only bound persistent volume claims can be expanded/);
    await assert.rejects(resize(claim("1Gi", "Bound", "fixed"), "2Gi"), /must support resize/);
    await resize(claim("1Gi", "Bound", "fixed"), "1Gi");
  });
});
