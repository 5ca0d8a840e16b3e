import assert from "node:assert/strict";
import type { KubeObject } from "@drydock/apimachinery";
import type { V1ResourceQuota } from "@drydock/kube-api";
import { formatAmounts } from "./amounts.ts";
import { evaluatorOf } from "./evaluators.ts";
import { judge, usedOf } from "./quota.ts";

const nowMs = Date.parse("2026-01-01T00:00:00Z");

function quotaOf(hard: Record<string, string>, used: Record<string, string> = {}, spec: object = {}): V1ResourceQuota {
  const zero = Object.fromEntries(Object.keys(hard).map((name) => [name, "0"]));
  return {
    apiVersion: "v1",
    kind: "ResourceQuota",
    metadata: { name: "q", namespace: "ns" },
    spec: { hard, ...spec },
    status: { hard, used: { ...zero, ...used } },
  } as V1ResourceQuota;
}

function object(spec: object, more: object = {}): KubeObject {
  return {
    apiVersion: "v1",
    kind: "X",
    metadata: { name: "x", namespace: "ns" },
    spec,
    ...more,
  } as unknown as KubeObject;
}

function podOf(requests: object, limits: object = {}, more: object = {}): KubeObject {
  return object({ containers: [{ name: "c", image: "i", resources: { requests, limits } }], ...more });
}

function verdictOf(quota: V1ResourceQuota, resource: string, of: KubeObject, oldObject?: KubeObject) {
  const [name = "", ...group] = resource.split(".");
  const evaluator = evaluatorOf({ group: group.join("."), resource: name });
  assert.ok(evaluator, resource);
  const verdict = judge(quota, { evaluator, object: of, oldObject, nowMs });
  return verdict.kind === "allowed"
    ? formatAmounts(verdict.used)
    : verdict.kind === "refused"
      ? verdict.message
      : "unconcerned";
}

describe("judging a request by a quota", () => {
  const cases: [string, V1ResourceQuota, string, KubeObject, ReturnType<typeof verdictOf>][] = [
    ["books a pod", quotaOf({ pods: "2" }, { pods: "1" }), "pods", podOf({}), { pods: "2" }],
    [
      "says what is exceeded, and only that",
      quotaOf(
        { pods: "9", "requests.cpu": "1", "limits.memory": "1Gi" },
        { "requests.cpu": "600m", "limits.memory": "1Gi" },
      ),
      "pods",
      podOf({ cpu: "500m" }, { memory: "64Mi" }),
      "exceeded quota: q, requested: limits.memory=64Mi,requests.cpu=500m, used: limits.memory=1Gi,requests.cpu=600m, limited: limits.memory=1Gi,requests.cpu=1",
    ],
    [
      "wants processor and memory said where they are limited",
      quotaOf({ "limits.cpu": "1", "requests.memory": "1Gi", "requests.ephemeral-storage": "1Gi" }),
      "pods",
      podOf({}),
      "failed quota: q: must specify limits.cpu for: c; requests.memory for: c",
    ],
    [
      "takes the bare name for requests",
      quotaOf({ cpu: "1", memory: "1Gi" }),
      "pods",
      podOf({ cpu: "250m", memory: "1Mi" }),
      { cpu: "250m", memory: "1Mi" },
    ],
    [
      "refuses while nothing is counted yet",
      { ...quotaOf({ pods: "1" }), status: { hard: { pods: "1", "count/pods": "1" }, used: {} } } as V1ResourceQuota,
      "pods",
      podOf({}),
      "status unknown for quota: q, resources: count/pods,pods",
    ],
    ["leaves other kinds alone", quotaOf({ pods: "0" }), "secrets", object({}), "unconcerned"],
    ["counts by the bare name", quotaOf({ secrets: "1" }), "secrets", object({}), { secrets: "1" }],
    [
      "counts any kind by its full name",
      quotaOf({ "count/deployments.apps": "0" }),
      "deployments.apps",
      object({}),
      "exceeded quota: q, requested: count/deployments.apps=1, used: count/deployments.apps=0, limited: count/deployments.apps=0",
    ],
    [
      "counts extended resources and huge pages",
      quotaOf({ "requests.v.example/gpu": "2", "requests.hugepages-2Mi": "4Mi", "hugepages-2Mi": "4Mi" }),
      "pods",
      podOf({ "v.example/gpu": "2", "hugepages-2Mi": "4Mi" }),
      { "hugepages-2Mi": "4Mi", "requests.hugepages-2Mi": "4Mi", "requests.v.example/gpu": "2" },
    ],
    [
      "counts the node ports of services",
      quotaOf({ services: "5", "services.nodeports": "5", "services.loadbalancers": "5" }),
      "services",
      object({ type: "LoadBalancer", ports: [{ port: 1 }, { port: 2 }] }),
      { services: "1", "services.loadbalancers": "1", "services.nodeports": "2" },
    ],
    [
      "counts claims by their class",
      quotaOf({ "requests.storage": "10Gi", "gold.storageclass.storage.k8s.io/requests.storage": "1Gi" }),
      "persistentvolumeclaims",
      object({ storageClassName: "gold", resources: { requests: { storage: "2Gi" } } }),
      "exceeded quota: q, requested: gold.storageclass.storage.k8s.io/requests.storage=2Gi, used: gold.storageclass.storage.k8s.io/requests.storage=0, limited: gold.storageclass.storage.k8s.io/requests.storage=1Gi",
    ],
    [
      "counts devices by their class, of alternatives the most",
      quotaOf({ "gpu.deviceclass.resource.k8s.io/devices": "9" }),
      "resourceclaims.resource.k8s.io",
      object({
        devices: {
          requests: [
            { exactly: { deviceClassName: "gpu", count: 2 } },
            { firstAvailable: [{ deviceClassName: "gpu", count: 3 }, { deviceClassName: "gpu" }] },
          ],
        },
      }),
      { "gpu.deviceclass.resource.k8s.io/devices": "5" },
    ],
  ];
  for (const [what, quota, resource, of, expected] of cases)
    it(what, () => assert.deepEqual(verdictOf(quota, resource, of), expected));

  it("asks about an update of a pod when its end is set or taken away, and about a resize", () => {
    const [open, ending] = [podOf({}), podOf({}, {}, { activeDeadlineSeconds: 60 })];
    const concerns = evaluatorOf({ group: "", resource: "pods" })?.concerns;
    assert.ok(concerns);
    assert.deepEqual([concerns("update", "", ending, open), concerns("update", "", open, ending)], [true, true]);
    assert.deepEqual([concerns("update", "", open, open), concerns("update", "status", ending, open)], [false, false]);
    assert.equal(concerns("update", "resize", open, open), true);
    const terminating = quotaOf({ pods: "1" }, { pods: "1" }, { scopes: ["Terminating"] });
    assert.match(String(verdictOf(terminating, "pods", ending, open)), /^exceeded quota: q, requested: pods=1/);
  });

  it("charges an update for what it adds alone", () => {
    const claim = (storage: string) => object({ resources: { requests: { storage } } });
    const quota = quotaOf(
      { "requests.storage": "5Gi", persistentvolumeclaims: "1" },
      { "requests.storage": "2Gi", persistentvolumeclaims: "1" },
    );
    assert.deepEqual(verdictOf(quota, "persistentvolumeclaims", claim("3Gi"), claim("2Gi")), {
      persistentvolumeclaims: "1",
      "requests.storage": "3Gi",
    });
    assert.equal(verdictOf(quota, "persistentvolumeclaims", claim("1Gi"), claim("2Gi")), "unconcerned");
  });

  const bestEffort = podOf({});
  const terminating = podOf({ cpu: "1" }, {}, { activeDeadlineSeconds: 5 });
  const urgent = podOf({ cpu: "1" }, {}, { priorityClassName: "urgent" });
  const nosy = podOf(
    { cpu: "1" },
    {},
    {
      affinity: {
        podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "z", namespaces: ["o"] }] },
      },
    },
  );
  const scopes: [string, object, KubeObject[], KubeObject[]][] = [
    ["BestEffort", { scopes: ["BestEffort"] }, [bestEffort], [terminating]],
    ["NotBestEffort", { scopes: ["NotBestEffort"] }, [terminating], [bestEffort]],
    ["Terminating", { scopes: ["Terminating"] }, [terminating], [bestEffort]],
    ["NotTerminating", { scopes: ["NotTerminating"] }, [bestEffort], [terminating]],
    ["CrossNamespacePodAffinity", { scopes: ["CrossNamespacePodAffinity"] }, [nosy], [urgent]],
    [
      "PriorityClass in",
      { scopeSelector: { matchExpressions: [{ scopeName: "PriorityClass", operator: "In", values: ["urgent"] }] } },
      [urgent],
      [bestEffort],
    ],
    [
      "PriorityClass not there",
      { scopeSelector: { matchExpressions: [{ scopeName: "PriorityClass", operator: "DoesNotExist" }] } },
      [bestEffort],
      [urgent],
    ],
  ];
  for (const [what, spec, inside, outside] of scopes)
    it(`knows the scope ${what}`, () => {
      const quota = quotaOf({ pods: "9" }, {}, spec);
      for (const pod of inside) assert.deepEqual(verdictOf(quota, "pods", pod), { pods: "1" });
      for (const pod of outside) assert.equal(verdictOf(quota, "pods", pod), "unconcerned");
    });
});

describe("counting what a namespace uses", () => {
  const pods = evaluatorOf({ group: "", resource: "pods" });
  const count = (quota: V1ResourceQuota, objects: KubeObject[]) =>
    formatAmounts(usedOf(quota, pods ? [[pods, objects]] : [], nowMs));

  it("leaves out pods that have ended, but for their place in the store", () => {
    const ended = { ...podOf({ cpu: "1" }), status: { phase: "Succeeded" } } as unknown as KubeObject;
    const overdue = podOf({ cpu: "1" });
    Object.assign(overdue.metadata, { deletionTimestamp: "2025-12-31T23:59:00Z", deletionGracePeriodSeconds: 30 });
    const used = count(quotaOf({ pods: "9", "count/pods": "9", "requests.cpu": "9" }), [
      ended,
      overdue,
      podOf({ cpu: "2" }),
    ]);
    assert.deepEqual(used, { "count/pods": "3", pods: "1", "requests.cpu": "2" });
  });

  it("says zero of what is not used, and nothing of what cannot be counted here", () => {
    assert.deepEqual(count(quotaOf({ pods: "9", "count/widgets.example.com": "1" }), []), { pods: "0" });
  });
});
