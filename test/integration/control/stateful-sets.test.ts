import assert from "node:assert/strict";
import {
  controllerRevisions,
  events,
  persistentVolumeClaims,
  pods,
  statefulSets,
  type V1Pod,
  type V1StatefulSet,
  type V1StatefulSetSpec,
} from "@drydock/kube-api";
import { eventually } from "./eventually.ts";
import { FakeNodes } from "./fake-nodes.ts";
import { playCluster } from "./played-cluster.ts";

const namespace = "ordered";

describe("stateful sets", function () {
  this.timeout(60_000);
  const played = playCluster(namespace, ["node-1", "node-2"]);

  function create(name: string, image: string, spec: Partial<V1StatefulSetSpec> = {}): Promise<V1StatefulSet> {
    const labels = { app: name };
    return played.cluster.client.create(statefulSets, {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { namespace, name },
      spec: {
        replicas: 3,
        serviceName: name,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: "c", image }] } },
        ...spec,
      },
    });
  }
  const change = (name: string, spec: object) =>
    played.cluster.client.patch(statefulSets, { namespace, name }, { spec }, "application/merge-patch+json");
  const setImage = (name: string, image: string) =>
    change(name, { template: { spec: { containers: [{ name: "c", image }] } } });
  const podsOf = async (name: string): Promise<V1Pod[]> => {
    const { items } = await played.cluster.client.list(pods, { namespace, labelSelector: `app=${name}` });
    return items.sort((a, b) => ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1));
  };
  const namesOf = async (name: string) => (await podsOf(name)).map(({ metadata }) => metadata.name);
  const imagesOf = async (name: string) => (await podsOf(name)).map(({ spec }) => spec?.containers[0]?.image);
  const ready = (name: string, count: number) =>
    eventually(`${name} has ${count}`, async () => {
      const { status } = await played.cluster.client.get(statefulSets, { namespace, name });
      return status?.availableReplicas === count && status.replicas === count && status;
    });

  it("grow in order, update from the end, go back, and shrink", async () => {
    await create("db", "one");
    const { currentRevision } = await ready("db", 3);
    const made = await podsOf("db");
    assert.deepEqual(
      made.map(({ metadata, spec }) => [metadata.name, spec?.hostname, spec?.subdomain]),
      ["db-0", "db-1", "db-2"].map((pod) => [pod, pod, "db"]),
    );
    const times = made.map(({ metadata }) => Number(metadata.resourceVersion));
    assert.deepEqual(
      times.toSorted((a, b) => a - b),
      times,
    );

    await change("db", { updateStrategy: { rollingUpdate: { partition: 2 } } });
    await setImage("db", "two");
    await eventually("the last is new", async () => (await imagesOf("db"))[2] === "two");
    await ready("db", 3);
    assert.deepEqual(await imagesOf("db"), ["one", "one", "two"]);
    await change("db", { updateStrategy: { rollingUpdate: { partition: 0 } } });
    const updated = await eventually("all are new", async () => {
      const { status } = await played.cluster.client.get(statefulSets, { namespace, name: "db" });
      return status?.currentRevision !== currentRevision && status;
    });
    assert.deepEqual(await imagesOf("db"), ["two", "two", "two"]);
    assert.equal(updated.currentRevision, updated.updateRevision);
    assert.equal((await played.cluster.client.list(controllerRevisions, { namespace })).items.length, 2);

    await setImage("db", "one");
    await eventually("they are as they were", async () => {
      const { status } = await played.cluster.client.get(statefulSets, { namespace, name: "db" });
      return status?.currentRevision === currentRevision && status?.currentReplicas === 3;
    });
    await change("db", { replicas: 1 });
    await eventually("one is left", async () => (await namesOf("db")).join() === "db-0");
    await eventually("the events", async () => {
      const { items } = await played.cluster.client.list(events, {
        namespace,
        fieldSelector: "involvedObject.name=db",
      });
      const messages = items.map(({ message }) => message);
      return messages.includes("create Pod db-0 in StatefulSet db successful");
    });
  });

  it("make their pods at once where order does not matter, from any number on", async () => {
    await create("swarm", FakeNodes.brokenImage, { podManagementPolicy: "Parallel", ordinals: { start: 7 } });
    await eventually("all are there", async () => (await namesOf("swarm")).join() === "swarm-7,swarm-8,swarm-9");
    await played.cluster.client.delete(statefulSets, { namespace, name: "swarm" }, { propagationPolicy: "Background" });
    await eventually("all are gone", async () => (await namesOf("swarm")).length === 0);
  });

  it("make the claims of their pods, and let them go as they are told", async () => {
    const spec = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
    await create("store", "i", {
      replicas: 2,
      podManagementPolicy: "Parallel",
      persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Delete" },
      volumeClaimTemplates: [{ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: "data" }, spec }],
    });
    const claims = async () =>
      (await played.cluster.client.list(persistentVolumeClaims, { namespace })).items.map(
        ({ metadata }) => metadata.name,
      );
    await eventually("there are two claims", async () => (await claims()).join() === "data-store-0,data-store-1");
    const pod = await eventually("the first pod is there", async () => (await podsOf("store"))[0]);
    assert.equal(pod.spec?.volumes?.[0]?.persistentVolumeClaim?.claimName, "data-store-0");
    await change("store", { replicas: 1 });
    await eventually("one claim has gone with its pod", async () => (await claims()).join() === "data-store-0");
    await played.cluster.client.delete(statefulSets, { namespace, name: "store" });
    await eventually("its pods are gone", async () => (await namesOf("store")).length === 0);
    assert.deepEqual(await claims(), ["data-store-0"]);
  });
});
