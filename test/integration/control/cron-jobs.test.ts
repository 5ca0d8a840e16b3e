import assert from "node:assert/strict";
import { cronJobs, events, jobs, namespaces, type V1CronJob, type V1CronJobSpec, type V1Job } from "@drydock/kube-api";
import { type Cluster, startCluster } from "./cluster.ts";
import { eventually } from "./eventually.ts";
import { FakeNodes } from "./fake-nodes.ts";

const namespace = "timed";
const HOUR_MS = 3_600_000;

describe("cron jobs", function () {
  this.timeout(60_000);
  let cluster: Cluster;
  let kubelets: FakeNodes;

  before(async () => {
    cluster = await startCluster();
    kubelets = new FakeNodes(cluster.client);
    await kubelets.add("node-1");
    await cluster.client.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  });
  after(async () => {
    kubelets?.stop();
    await cluster?.stop();
  });

  afterEach(async function () {
    if (this.currentTest?.state !== "failed") return;
    for (const name of ["controller-manager", "apiserver"])
      console.error(`--- ${name}\n${(await cluster.logs(name)).slice(-4000)}`);
  });

  const get = (name: string) => cluster.client.get(cronJobs, { namespace, name });
  const jobsOf = async (name: string): Promise<V1Job[]> =>
    (await cluster.client.list(jobs, { namespace })).items.filter(({ metadata }) =>
      metadata.ownerReferences?.some((owner) => owner.name === name),
    );
  const change = (name: string, spec: Partial<V1CronJobSpec>) =>
    cluster.client.patch(cronJobs, { namespace, name }, { spec }, "application/merge-patch+json");

  /** It has missed its time: as soon as it is not suspended any more, it is due. */
  async function createLate(name: string, image: string, spec: Partial<V1CronJobSpec> = {}): Promise<V1CronJob> {
    const template = { spec: { restartPolicy: "Never", containers: [{ name: "c", image }] } };
    await cluster.client.create(cronJobs, {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata: { namespace, name },
      spec: { schedule: "0 * * * *", suspend: true, jobTemplate: { spec: { template, backoffLimit: 0 } }, ...spec },
    });
    return backdate(name);
  }
  function backdate(name: string): Promise<V1CronJob> {
    const lastScheduleTime = new Date(Date.now() - 5 * HOUR_MS).toISOString().replace(/\.\d+/, "");
    const status = { status: { lastScheduleTime } };
    return cluster.client.patch(cronJobs, { namespace, name }, status, "application/merge-patch+json", "status");
  }

  it("make a job for the time that has come, and see its end", async () => {
    await createLate("hourly", "exit-0");
    assert.deepEqual(await jobsOf("hourly"), []);
    await change("hourly", { suspend: false });
    const status = await eventually("it has succeeded", async () => {
      const found = (await get("hourly")).status;
      return found?.lastSuccessfulTime !== undefined && !found.active && found;
    });
    const [job, ...others] = await jobsOf("hourly");
    assert.equal(others.length, 0);
    const dueMs = Date.parse(status.lastScheduleTime ?? "");
    assert.equal(dueMs % HOUR_MS, 0);
    assert.equal(job?.metadata.name, `hourly-${dueMs / 60_000}`);
    await eventually("the events", async () => {
      const { items } = await cluster.client.list(events, { namespace, fieldSelector: "involvedObject.name=hourly" });
      const reasons = items.map(({ reason }) => reason);
      return reasons.includes("SuccessfulCreate") && reasons.includes("SawCompletedJob");
    });
  });

  it("replace a job that still runs", async () => {
    await createLate("eager", "i", { concurrencyPolicy: "Replace" });
    const template = (await get("eager")).spec?.jobTemplate.spec;
    assert.ok(template);
    const controller = true;
    const { name, uid = "" } = (await get("eager")).metadata;
    const ownerReferences = [{ apiVersion: "batch/v1", kind: "CronJob", name: name ?? "", uid, controller }];
    const metadata = { namespace, name: "eager-old", ownerReferences };
    const old = await cluster.client.create(jobs, { apiVersion: "batch/v1", kind: "Job", metadata, spec: template });
    const active = [{ apiVersion: "batch/v1", kind: "Job", namespace, name: "eager-old", uid: old.metadata.uid }];
    const patch = { status: { active } };
    await cluster.client.patch(cronJobs, { namespace, name: "eager" }, patch, "application/merge-patch+json", "status");
    await change("eager", { suspend: false });
    await eventually("the old one is gone, the new one is there", async () => {
      const names = (await jobsOf("eager")).map((job) => job.metadata.name);
      return names.length === 1 && names[0] !== "eager-old";
    });
    assert.equal((await get("eager")).status?.active?.length, 1);
  });

  it("keep no more than they should of what has ended", async () => {
    await createLate("tidy", "exit-1", { failedJobsHistoryLimit: 0 });
    await change("tidy", { suspend: false });
    await eventually("nothing is left", async () => {
      const { status } = await get("tidy");
      return Date.parse(status?.lastScheduleTime ?? "") > Date.now() - HOUR_MS && (await jobsOf("tidy")).length === 0;
    });
  });
});
