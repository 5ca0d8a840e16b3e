import assert from "node:assert/strict";
import { cronJobs, events, jobs, type V1CronJob, type V1CronJobSpec, type V1Job } from "@drydock/kube-api";
import { eventually } from "./eventually.ts";
import { playCluster } from "./played-cluster.ts";

const namespace = "timed";
const HOUR_MS = 3_600_000;
/** Of each hour; far from now, so that no further time comes while the tests run. */
const MINUTE = (new Date().getUTCMinutes() + 30) % 60;

describe("cron jobs", function () {
  this.timeout(60_000);
  const played = playCluster(namespace, ["node-1"]);

  const get = (name: string) => played.cluster.client.get(cronJobs, { namespace, name });
  const jobsOf = async (name: string): Promise<V1Job[]> =>
    (await played.cluster.client.list(jobs, { namespace })).items.filter(({ metadata }) =>
      metadata.ownerReferences?.some((owner) => owner.name === name),
    );
  const change = (name: string, spec: Partial<V1CronJobSpec>) =>
    played.cluster.client.patch(cronJobs, { namespace, name }, { spec }, "application/merge-patch+json");

  /** It has missed its time: as soon as it is not suspended any more, it is due. */
  async function createLate(name: string, image: string, spec: Partial<V1CronJobSpec> = {}): Promise<V1CronJob> {
    const template = { spec: { restartPolicy: "Never", containers: [{ name: "c", image }] } };
    await played.cluster.client.create(cronJobs, {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata: { namespace, name },
      spec: {
        schedule: `${MINUTE} * * * *`,
        timeZone: "Etc/UTC",
        suspend: true,
        jobTemplate: { spec: { template, backoffLimit: 0 } },
        ...spec,
      },
    });
    return backdate(name);
  }
  function backdate(name: string): Promise<V1CronJob> {
    const lastScheduleTime = new Date(Date.now() - 5 * HOUR_MS).toISOString().replace(/\.\d+/, "");
    const status = { status: { lastScheduleTime } };
    return played.cluster.client.patch(cronJobs, { namespace, name }, status, "application/merge-patch+json", "status");
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
    assert.equal(dueMs % HOUR_MS, MINUTE * 60_000);
    assert.equal(job?.metadata.name, `hourly-${dueMs / 60_000}`);
    await eventually("the events", async () => {
      const { items } = await played.cluster.client.list(events, {
        namespace,
        fieldSelector: "involvedObject.name=hourly",
      });
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
    const old = await played.cluster.client.create(jobs, {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata,
      spec: template,
    });
    const active = [{ apiVersion: "batch/v1", kind: "Job", namespace, name: "eager-old", uid: old.metadata.uid }];
    const patch = { status: { active } };
    await played.cluster.client.patch(
      cronJobs,
      { namespace, name: "eager" },
      patch,
      "application/merge-patch+json",
      "status",
    );
    await change("eager", { suspend: false });
    await eventually("the old one is gone, the new one is there", async () => {
      const names = (await jobsOf("eager")).map((job) => job.metadata.name);
      return names.length === 1 && names[0] !== "eager-old";
    });
    await eventually("the status names it alone", async () => {
      const active = (await get("eager")).status?.active ?? [];
      return active.length === 1 && active[0]?.name !== "eager-old";
    });
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
