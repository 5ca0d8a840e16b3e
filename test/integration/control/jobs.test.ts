import assert from "node:assert/strict";
import { events, jobs, pods, type V1Job, type V1JobSpec, type V1Pod } from "@drydock/kube-api";
import { eventually } from "./eventually.ts";
import { playCluster } from "./played-cluster.ts";

const namespace = "work";
const FINALIZER = "batch.kubernetes.io/job-tracking";

describe("jobs", function () {
  this.timeout(60_000);
  const played = playCluster(namespace, ["node-1", "node-2"]);

  function create(name: string, image: string, spec: Partial<V1JobSpec> = {}): Promise<V1Job> {
    const template = { spec: { restartPolicy: "Never", containers: [{ name: "c", image }] } };
    const metadata = { namespace, name };
    return played.cluster.client.create(jobs, {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata,
      spec: { template, ...spec },
    });
  }
  const get = (name: string) => played.cluster.client.get(jobs, { namespace, name });
  const patch = (name: string, spec: Partial<V1JobSpec>) =>
    played.cluster.client.patch(jobs, { namespace, name }, { spec }, "application/merge-patch+json");
  const podsOf = async (name: string): Promise<V1Pod[]> =>
    (await played.cluster.client.list(pods, { namespace, labelSelector: `batch.kubernetes.io/job-name=${name}` }))
      .items;
  const ended = (name: string, type: string) =>
    eventually(`${name} is ${type}`, async () => {
      const { status } = await get(name);
      return status?.conditions?.some((item) => item.type === type && item.status === "True") && status;
    });
  const reasonsOf = async (name: string) => {
    const { items } = await played.cluster.client.list(events, {
      namespace,
      fieldSelector: `involvedObject.name=${name}`,
    });
    return items.map(({ reason }) => reason);
  };
  const conditionsOf = ({ conditions = [] }: NonNullable<V1Job["status"]>) =>
    conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`);

  it("run to their completions, and are counted once each", async () => {
    await create("sum", "exit-0", { completions: 5, parallelism: 2 });
    const { conditions, startTime, completionTime, ...counts } = await ended("sum", "Complete");
    assert.deepEqual(counts, { ready: 0, succeeded: 5, terminating: 0, uncountedTerminatedPods: {} });
    assert.deepEqual(conditionsOf({ conditions: conditions ?? [] }), [
      "SuccessCriteriaMet=True CompletionsReached",
      "Complete=True CompletionsReached",
    ]);
    assert.ok(startTime && completionTime);
    const made = await podsOf("sum");
    assert.equal(made.length, 5);
    await eventually("no pod is held any more", async () =>
      (await podsOf("sum")).every(({ metadata }) => !metadata.finalizers?.includes(FINALIZER)),
    );
    await eventually("the events", async () => {
      const reasons = await reasonsOf("sum");
      return reasons.includes("Completed") && reasons.filter((reason) => reason === "SuccessfulCreate").length === 5;
    });
  });

  it("give each of their pods an index, if they have them", async () => {
    await create("shards", "exit-0", { completions: 3, parallelism: 3, completionMode: "Indexed" });
    const { completedIndexes, succeeded } = await ended("shards", "Complete");
    assert.deepEqual([completedIndexes, succeeded], ["0-2", 3]);
    const [pod] = (await podsOf("shards")).filter(({ spec }) => spec?.hostname === "shards-1");
    assert.equal(pod?.metadata.labels?.["batch.kubernetes.io/job-completion-index"], "1");
    assert.match(pod?.metadata.name ?? "", /^shards-1-/);
  });

  it("fail when their pods fail too often", async () => {
    await create("hopeless", "exit-3", { backoffLimit: 0 });
    const status = await ended("hopeless", "Failed");
    assert.deepEqual(conditionsOf(status), [
      "FailureTarget=True BackoffLimitExceeded",
      "Failed=True BackoffLimitExceeded",
    ]);
    assert.equal(status.failed, 1);
    await eventually("the event", async () => (await reasonsOf("hopeless")).includes("BackoffLimitExceeded"));
  });

  it("wait before they replace a failed pod", async () => {
    await create("patient", "exit-1", { backoffLimit: 3 });
    await eventually("the failure is counted", async () => (await get("patient")).status?.failed === 1);
    assert.equal((await podsOf("patient")).length, 1);
    await played.cluster.client.delete(jobs, { namespace, name: "patient" }, { propagationPolicy: "Background" });
    await eventually("its pods go with it", async () => (await podsOf("patient")).length === 0);
  });

  it("stop at their deadline", async () => {
    await create("slow", "i", { activeDeadlineSeconds: 1, parallelism: 2, completions: 2 });
    const status = await ended("slow", "Failed");
    assert.deepEqual(conditionsOf(status), ["FailureTarget=True DeadlineExceeded", "Failed=True DeadlineExceeded"]);
    assert.equal(status.failed, 2);
    await eventually("nothing is left", async () => (await podsOf("slow")).length === 0);
  });

  it("do not count what was taken from them, if they are told so", async () => {
    const onPodConditions = [{ type: "DisruptionTarget", status: "True" }];
    await create("spared", "i", {
      backoffLimit: 0,
      podFailurePolicy: { rules: [{ action: "Ignore", onPodConditions }] },
    });
    await eventually("it runs", async () => (await get("spared")).status?.ready === 1);
    const [pod] = await podsOf("spared");
    const name = pod?.metadata.name ?? "";
    const body = { apiVersion: "policy/v1", kind: "Eviction", metadata: { namespace, name } };
    await played.cluster.client.createSubresource(pods, { namespace, name }, "eviction", body);
    await eventually("another runs", async () => {
      const [other, ...more] = await podsOf("spared");
      return more.length === 0 && other?.metadata.name !== name && other?.status?.phase === "Running";
    });
    assert.equal((await get("spared")).status?.failed, undefined);
  });

  it("are suspended and resumed", async () => {
    await create("pausing", "i", { parallelism: 2, completions: 2 });
    await eventually("it runs", async () => (await get("pausing")).status?.ready === 2);
    const { status: running } = await get("pausing");
    await patch("pausing", { suspend: true });
    const suspended = await ended("pausing", "Suspended");
    assert.deepEqual([suspended.failed, suspended.startTime], [undefined, undefined]);
    await eventually("its pods are gone", async () => (await podsOf("pausing")).length === 0);
    await patch("pausing", { suspend: false });
    await eventually("it runs again", async () => (await get("pausing")).status?.ready === 2);
    const { status: resumed } = await get("pausing");
    assert.ok((resumed?.startTime ?? "") >= (running?.startTime ?? ""));
    await eventually("the events", async () => {
      const reasons = await reasonsOf("pausing");
      return reasons.includes("Suspended") && reasons.includes("Resumed");
    });
  });

  it("let go of pods that they lose", async () => {
    await create("left", "i");
    await eventually("it runs", async () => (await get("left")).status?.ready === 1);
    await played.cluster.client.delete(jobs, { namespace, name: "left" }, { propagationPolicy: "Orphan" });
    const [pod] = await eventually("the pod is nobody's", async () => {
      const found = await podsOf("left");
      return !found[0]?.metadata.ownerReferences && !found[0]?.metadata.finalizers && found;
    });
    assert.equal(pod?.status?.phase, "Running");
  });

  it("adopt pods that they select", async () => {
    const labels = { task: "adopted" };
    const spec = { containers: [{ name: "c", image: "i" }] };
    const metadata = { namespace, name: "orphan", labels };
    await played.cluster.client.create(pods, { apiVersion: "v1", kind: "Pod", metadata, spec });
    await create("adopter", "i", {
      manualSelector: true,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] } },
    });
    const pod = await eventually("it is adopted", async () => {
      const found = await played.cluster.client.get(pods, { namespace, name: "orphan" });
      return found.metadata.ownerReferences && found;
    });
    assert.deepEqual(pod.metadata.finalizers, [FINALIZER]);
    await eventually("it is counted", async () => (await get("adopter")).status?.active === 1);
  });

  it("are deleted after their time, with their pods", async () => {
    await create("brief", "exit-0", { ttlSecondsAfterFinished: 1 });
    await eventually("it is gone", async () => {
      const { items } = await played.cluster.client.list(jobs, { namespace });
      return !items.some(({ metadata }) => metadata.name === "brief");
    });
    await eventually("its pods are gone", async () => (await podsOf("brief")).length === 0);
  });

  it("lose and double nothing when their controller is killed", async () => {
    await create("large", "exit-0", { completions: 60, parallelism: 6 });
    await eventually("it has begun", async () => ((await get("large")).status?.succeeded ?? 0) > 0);
    await played.cluster.restart("controller-manager");
    const { succeeded, failed } = await ended("large", "Complete");
    assert.deepEqual([succeeded, failed, (await podsOf("large")).length], [60, undefined, 60]);
  });
});
