import assert from "node:assert/strict";
import type { KubeObject } from "@drydock/apimachinery";
import {
  configMaps,
  customResourceDefinitions,
  namespaces,
  type ResourceRef,
  resourceQuotas,
  type V1CustomResourceDefinition,
} from "@drydock/kube-api";
import { type Cluster, startCluster } from "./cluster.ts";
import { eventually } from "./eventually.ts";

const things: ResourceRef<KubeObject> = {
  group: "g.example.com",
  version: "v1",
  resource: "things",
  kind: "Thing",
  namespaced: true,
};

const definition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "things.g.example.com" },
  spec: {
    group: "g.example.com",
    scope: "Namespaced",
    names: { plural: "things", kind: "Thing" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      },
    ],
  },
} as unknown as V1CustomResourceDefinition;

describe("custom kinds and the controllers", function () {
  this.timeout(60_000);
  let cluster: Cluster;

  before(async () => {
    cluster = await startCluster();
    await cluster.client.create(customResourceDefinitions, definition);
    await eventually("the kind is established", async () => {
      const { status } = await cluster.client.get(customResourceDefinitions, { name: definition.metadata.name });
      return status?.conditions?.some(({ type, status: value }) => type === "Established" && value === "True");
    });
  });

  after(async () => cluster?.stop());

  afterEach(async function () {
    if (this.currentTest?.state !== "failed") return;
    for (const name of ["controller-manager", "apiserver"])
      console.error(`--- ${name}\n${(await cluster.logs(name)).slice(-3000)}`);
  });

  const create = (namespace: string, name: string, owner?: KubeObject) =>
    cluster.client.create(things, {
      apiVersion: "g.example.com/v1",
      kind: "Thing",
      metadata: { namespace, name, ...(owner && { ownerReferences: [ownerOf(owner)] }) },
    });

  const isGone = async (resource: ResourceRef<KubeObject>, namespace: string, name: string) =>
    cluster.client.get(resource, { namespace, name }).then(
      () => false,
      (error) => error.code === 404,
    );

  it("collects what a custom object owned, and custom objects that were owned", async () => {
    const root = await create("default", "root");
    const middle = await create("default", "middle", root);
    await cluster.client.create(configMaps, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { namespace: "default", name: "leaf", ownerReferences: [ownerOf(middle)] },
    });
    await cluster.client.delete(things, { namespace: "default", name: "root" }, { propagationPolicy: "Background" });
    await eventually("both dependents are gone", async () => {
      const leaf = configMaps as unknown as ResourceRef<KubeObject>;
      return (await isGone(things, "default", "middle")) && isGone(leaf, "default", "leaf");
    });
  });

  it("waits for dependents in the foreground", async () => {
    const root = await create("default", "slow");
    await create("default", "dependent", root);
    await cluster.client.delete(things, { namespace: "default", name: "slow" }, { propagationPolicy: "Foreground" });
    await eventually("owner and dependent are gone", async () => {
      return (await isGone(things, "default", "dependent")) && isGone(things, "default", "slow");
    });
  });

  it("empties a namespace of them", async () => {
    await cluster.client.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: "full" } });
    await create("full", "one");
    await cluster.client.delete(namespaces, { name: "full" });
    const all = namespaces as unknown as ResourceRef<KubeObject>;
    await eventually("the namespace is gone", async () => isGone(all, "", "full"));
    assert.equal((await cluster.client.list(things, { namespace: "full" })).items.length, 0);
  });

  it("tells quotas at once what has gone", async () => {
    const counted = "count/things.g.example.com";
    const metadata = { name: "few", namespace: "default" };
    const spec = { hard: { [counted]: "2" } };
    await cluster.client.create(resourceQuotas, { apiVersion: "v1", kind: "ResourceQuota", metadata, spec });
    const usedIs = (amount: string) =>
      eventually(`${amount} are counted`, async () => {
        const { status } = await cluster.client.get(resourceQuotas, metadata);
        return status?.used?.[counted] === amount;
      });
    await usedIs("0");
    for (const name of ["one", "two"]) await create("default", name);
    await assert.rejects(create("default", "three"), /exceeded quota: few/);
    await usedIs("2");
    const deletedAtMs = performance.now();
    await cluster.client.delete(things, { namespace: "default", name: "one" });
    await usedIs("1");
    // Long before kinds are looked for again.
    assert.ok(performance.now() - deletedAtMs < 20_000);
  });
});

function ownerOf({ apiVersion, kind, metadata }: KubeObject) {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? "", blockOwnerDeletion: true };
}
