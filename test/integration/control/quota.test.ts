import assert from "node:assert/strict";
import {
  configMaps,
  deployments,
  namespaces,
  pods,
  replicaSets,
  resourceQuotas,
  type V1Deployment,
  type V1Pod,
} from "@drydock/kube-api";
import { type Cluster, startCluster } from "./cluster.ts";
import { eventually } from "./eventually.ts";

const namespace = "limited";

describe("quotas", function () {
  this.timeout(60_000);
  let cluster: Cluster;

  before(async () => {
    cluster = await startCluster();
    await cluster.client.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  });
  after(async () => cluster?.stop());

  afterEach(async function () {
    if (this.currentTest?.state !== "failed") return;
    for (const name of ["controller-manager", "apiserver"])
      console.error(`--- ${name}\n${(await cluster.logs(name)).slice(-3000)}`);
  });

  async function quota(name: string, hard: Record<string, string>, scopes?: string[]): Promise<void> {
    const metadata = { namespace, name };
    const spec = { hard, ...(scopes && { scopes }) };
    await cluster.client.create(resourceQuotas, { apiVersion: "v1", kind: "ResourceQuota", metadata, spec });
    await usedIs(name, (used) => Object.keys(hard).every((counted) => used[counted] !== undefined));
  }
  const usedIs = (name: string, is: (used: Readonly<Record<string, string>>) => boolean) =>
    eventually(`what ${name} says is used`, async () => {
      const { status } = await cluster.client.get(resourceQuotas, { namespace, name });
      return status?.used !== undefined && is(status.used);
    });

  it("hold a workload to what fits, and let it go on when there is room", async () => {
    await quota("compute", { pods: "2", "requests.cpu": "1" });
    const labels = { app: "w" };
    await cluster.client.create(deployments, {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { namespace, name: "w" },
      spec: {
        replicas: 4,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { containers: [{ name: "c", image: "i", resources: { requests: { cpu: "300m" } } }] },
        },
      },
    } as V1Deployment);
    await usedIs("compute", (used) => used.pods === "2" && used["requests.cpu"] === "600m");
    await eventually("the set says why it has no more", async () => {
      const { items } = await cluster.client.list(replicaSets, { namespace });
      const failure = items[0]?.status?.conditions?.find(({ type }) => type === "ReplicaFailure");
      return /exceeded quota: compute, requested: pods=1, used: pods=2, limited: pods=2$/.test(failure?.message ?? "");
    });
    const patch = { spec: { hard: { pods: "3" } } };
    await cluster.client.patch(resourceQuotas, { namespace, name: "compute" }, patch, "application/merge-patch+json");
    await usedIs("compute", (used) => used.pods === "3" && used["requests.cpu"] === "900m");
    await cluster.client.delete(deployments, { namespace, name: "w" });
    await usedIs("compute", (used) => used.pods === "0" && used["requests.cpu"] === "0");
  });

  it("see what ends, and what is deleted, of every kind", async () => {
    await quota("objects", { "count/configmaps": "5" });
    const before = (await cluster.client.get(resourceQuotas, { namespace, name: "objects" })).status?.used;
    await cluster.client.create(configMaps, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { namespace, name: "c" },
    });
    const more = String(Number(before?.["count/configmaps"]) + 1);
    await usedIs("objects", (used) => used["count/configmaps"] === more);
    await cluster.client.delete(configMaps, { namespace, name: "c" });
    await usedIs("objects", (used) => used["count/configmaps"] === before?.["count/configmaps"]);

    const spec = {
      containers: [{ name: "c", image: "i", resources: { requests: { cpu: "1" } } }],
      nodeName: "nowhere",
    };
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { namespace, name: "job" }, spec } as V1Pod;
    const stored = await cluster.client.create(pods, pod);
    const second = { ...pod, metadata: { namespace, name: "second" } };
    await assert.rejects(cluster.client.create(pods, second), /is forbidden: exceeded quota: compute/);
    await cluster.client.updateSubresource(pods, { namespace, name: "job" }, "status", {
      ...stored,
      status: { phase: "Succeeded" },
    });
    await usedIs("compute", (used) => used.pods === "0");
    await cluster.client.create(pods, second);
  });

  it("count a pod anew whose end is set", async () => {
    await cluster.client.delete(pods, { namespace, name: "second" }, { gracePeriodSeconds: 0 });
    await usedIs("compute", (used) => used.pods === "0");
    await quota("open", { pods: "9" }, ["NotTerminating"]);
    await quota("ending", { pods: "9" }, ["Terminating"]);
    const spec = { containers: [{ name: "c", image: "i", resources: { requests: { cpu: "1m" } } }] };
    const key = { namespace, name: "turns" };
    await cluster.client.create(pods, { apiVersion: "v1", kind: "Pod", metadata: key, spec });
    await usedIs("open", (used) => used.pods === "1");
    const patch = { spec: { activeDeadlineSeconds: 3600 } };
    await cluster.client.patch(pods, key, patch, "application/merge-patch+json");
    await usedIs("ending", (used) => used.pods === "1");
    await usedIs("open", (used) => used.pods === "0");
  });
});
