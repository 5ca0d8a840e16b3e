import assert from "node:assert/strict";
import type { V1LimitRangeItem, V1Pod } from "@drydock/kube-api";
import { createMemoryRegistry, type MemoryRegistry } from "../../registry/memory-registry.ts";
import { Admission } from "../admission.ts";
import { limitRanger } from "./limit-ranger.ts";

describe("LimitRanger", () => {
  let memory: MemoryRegistry;

  beforeEach(async () => {
    memory = await createMemoryRegistry();
    memory.registry.admission = new Admission([limitRanger(memory.registry)]);
    await memory.put("", "namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "ns" } });
  });
  afterEach(() => memory.stop());

  const limits = (...items: V1LimitRangeItem[]) =>
    memory.put("", "limitranges", {
      apiVersion: "v1",
      kind: "LimitRange",
      metadata: { namespace: "ns", name: "limits" },
      spec: { limits: items },
    } as never);
  const pod = (...containers: object[]) =>
    memory.put("", "pods", {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { namespace: "ns", name: "p" },
      spec: { containers: containers.map((part, index) => ({ name: `c${index}`, image: "i", ...part })) },
    } as unknown as V1Pod);
  const cpu = (requests?: string, limit?: string) => ({
    resources: { ...(requests ? { requests: { cpu: requests } } : {}), ...(limit ? { limits: { cpu: limit } } : {}) },
  });

  it("gives containers the namespace's defaults, and says so", async () => {
    await limits({ type: "Container", default: { cpu: "500m", memory: "64Mi" }, defaultRequest: { cpu: "100m" } });
    const { spec, metadata } = await pod({}, cpu(undefined, "1"));
    assert.deepEqual(
      spec?.containers.map(({ resources }) => resources),
      [
        { requests: { cpu: "100m", memory: "64Mi" }, limits: { cpu: "500m", memory: "64Mi" } },
        // A limit alone is a request, too, before the plugin is asked.
        { requests: { cpu: "1", memory: "64Mi" }, limits: { cpu: "1", memory: "64Mi" } },
      ],
    );
    assert.equal(
      metadata.annotations?.["kubernetes.io/limit-ranger"],
      "LimitRanger plugin set: cpu, memory request for container c0; cpu, memory limit for container c0; memory request for container c1; memory limit for container c1",
    );
  });

  const refusals: [string, V1LimitRangeItem, object[], string][] = [
    [
      "too little",
      { type: "Container", min: { cpu: "200m" } },
      [cpu("100m", "1")],
      "minimum cpu usage per Container is 200m, but request is 100m",
    ],
    [
      "nothing asked for",
      { type: "Pod", min: { cpu: "200m" } },
      [{}],
      "minimum cpu usage per Pod is 200m.  No request is specified",
    ],
    [
      "too much",
      { type: "Pod", max: { cpu: "2" } },
      [cpu("1", "1500m"), cpu("1", "1500m")],
      "maximum cpu usage per Pod is 2, but limit is 3",
    ],
    [
      "no limit",
      { type: "Pod", max: { cpu: "2" } },
      [cpu("1")],
      "maximum cpu usage per Pod is 2.  No limit is specified",
    ],
    [
      "too far between",
      { type: "Container", maxLimitRequestRatio: { cpu: "2" } },
      [cpu("1", "3")],
      "cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000",
    ],
  ];
  for (const [what, item, containers, text] of refusals)
    it(`refuses a pod outside of the range: ${what}`, async () => {
      await limits(item);
      await assert.rejects(pod(...containers), { code: 403, message: `pods "p" is forbidden: ${text}` });
    });

  it("tells of several breaches in one list", async () => {
    await limits({ type: "Container", min: { cpu: "2" }, max: { cpu: "1" } } as V1LimitRangeItem).catch(() => {});
    await limits({ type: "Container", max: { cpu: "1", memory: "1Mi" } }).catch(() => {});
    await assert.rejects(
      pod({ resources: { limits: { cpu: "2", memory: "2Mi" } } }),
      /forbidden: \[maximum cpu usage .*, maximum memory usage .*\]$/,
    );
  });

  it("refuses a claim outside of the range", async () => {
    await limits({ type: "PersistentVolumeClaim", max: { storage: "1Gi" } });
    const claim = memory.put("", "persistentvolumeclaims", {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { namespace: "ns", name: "c" },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "2Gi" } } },
    } as never);
    await assert.rejects(claim, /maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi/);
  });
});
