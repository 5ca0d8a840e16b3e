import { deepEqual, StatusError } from "@drydock/apimachinery";
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
  defineIndex,
  type EventRecorder,
  type ReconcileResult,
} from "@drydock/client";
import { cronJobs, jobs, type V1CronJob, type V1CronJobStatus, type V1Job } from "@drydock/kube-api";
import { controllerIndex, controllerIndexValues, controllerOf } from "../../owners/controller-ref.ts";
import { SeenWrites } from "../../owners/seen-writes.ts";
import { jobOf } from "./job-of.ts";
import { planActive } from "./plan-active.ts";
import { planHistory } from "./plan-history.ts";
import { planStart } from "./plan-start.ts";

const WAIT_MS_MAX = 24 * 60 * 60 * 1000;

/** Makes Jobs at the times that CronJobs name. */
export function cronJob(): ControllerDefinition {
  return defineController({
    name: "cronjob-controller",
    primary: cronJobs,
    owns: [jobs],
    indexes: [defineIndex(jobs, controllerIndex, controllerIndexValues)],
    create(context) {
      const reconciler = new CronJobReconciler(context);
      return { reconcile: (key) => reconciler.reconcile(key) };
    },
  });
}

class CronJobReconciler {
  readonly #context: ControllerContext;
  readonly #recorder: EventRecorder;
  readonly #writes = new SeenWrites();
  /** By key, the schedule as it was seen last. */
  readonly #schedules = new Map<string, string>();
  readonly #localZone = new Intl.DateTimeFormat().resolvedOptions().timeZone;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#recorder = context.recorderFor("cronjob-controller");
  }

  async reconcile(key: string): Promise<ReconcileResult | undefined> {
    const { informers } = this.#context;
    const cached = informers.informer(cronJobs).lister.getByKey(key);
    if (!cached) {
      this.#writes.forget(key);
      this.#schedules.delete(key);
      return undefined;
    }
    if (!this.#writes.areSeen(key, cached)) return { requeueAfterMs: 1000 };
    const own = informers.informer(jobs).lister.byIndex(controllerIndex, cached.metadata.uid ?? "");
    const current = await this.#trackActive(cached, own);
    const step = await this.#start(current, this.#isRescheduled(key, current)).catch((error: unknown) => ({
      cronJob: current,
      error,
    }));
    const status = await this.#cleanUp(step.cronJob, own);
    if (!deepEqual(status, cached.status ?? {})) {
      this.#writes.note(key, await this.#context.client.updateStatus(cronJobs, { ...step.cronJob, status }));
    }
    if ("error" in step) throw step.error;
    return step.requeueAfterMs === undefined
      ? undefined
      : { requeueAfterMs: Math.min(step.requeueAfterMs, WAIT_MS_MAX) };
  }

  /** The CronJob with a status that names what runs. */
  async #trackActive(cached: V1CronJob, own: readonly V1Job[]): Promise<V1CronJob> {
    let cronJob = cached;
    if (planActive(cached, own).unexpected.length > 0) {
      const fresh = await this.#context.client.get(cronJobs, cached.metadata);
      if (fresh.metadata.uid === cached.metadata.uid) cronJob = fresh;
    }
    const { status, events, missing, unexpected } = planActive(cronJob, own);
    for (const { type, reason, message } of events) this.#recorder.event(cronJob, type, reason, message);
    for (const { metadata } of unexpected) {
      const message = `Saw a job that the controller did not create or forgot: ${metadata.name}`;
      this.#recorder.event(cronJob, "Warning", "UnexpectedJob", message);
    }
    const gone = new Set<string>();
    for (const { name, uid } of missing) {
      if (await this.#get(cronJob, name)) continue;
      gone.add(uid);
      this.#recorder.event(cronJob, "Normal", "MissingJob", `Active job went missing: ${name}`);
    }
    return { ...cronJob, status: withActive(status, (active) => active.filter(({ uid }) => !gone.has(uid ?? ""))) };
  }

  async #get({ metadata }: V1CronJob, name: string): Promise<V1Job | undefined> {
    try {
      return await this.#context.client.get(jobs, { namespace: metadata.namespace ?? "", name });
    } catch (error) {
      if (StatusError.from(error).code === 404) return undefined;
      throw error;
    }
  }

  /** A new schedule is for times to come: those it would have named before are not made up for. */
  #isRescheduled(key: string, { spec }: V1CronJob): boolean {
    const schedule = JSON.stringify([spec?.schedule, spec?.timeZone]);
    const last = this.#schedules.get(key);
    this.#schedules.set(key, schedule);
    return last !== undefined && last !== schedule;
  }

  async #start(cronJob: V1CronJob, isRescheduled: boolean): Promise<{ cronJob: V1CronJob; requeueAfterMs?: number }> {
    const plan = planStart(cronJob, this.#localZone, this.#context.clock.nowMs());
    for (const { type, reason, message } of plan.events) this.#recorder.event(cronJob, type, reason, message);
    const next = plan.requeueAfterMs === undefined ? {} : { requeueAfterMs: plan.requeueAfterMs };
    if (plan.dueMs === undefined || isRescheduled) return { cronJob, ...next };
    const cleared = plan.isReplacing ? await this.#deleteActive(cronJob) : cronJob;
    const job = await this.#create(cleared, plan.dueMs);
    if (!job) return { cronJob: cleared, ...next };
    const { name, namespace, uid, resourceVersion } = job.metadata;
    const reference = { apiVersion: "batch/v1", kind: "Job", name, namespace, uid, resourceVersion };
    const status: V1CronJobStatus = {
      ...withActive(cleared.status ?? {}, (active) => [...active, reference]),
      lastScheduleTime: `${new Date(plan.dueMs).toISOString().slice(0, 19)}Z`,
    };
    return { cronJob: { ...cleared, status }, ...next };
  }

  /** The new Job, or the one that an earlier try left unnoted; undefined if there is nothing to note. */
  async #create(cronJob: V1CronJob, dueMs: number): Promise<V1Job | undefined> {
    const wanted = jobOf(cronJob, dueMs);
    try {
      const job = await this.#context.client.create(jobs, wanted);
      this.#recorder.event(cronJob, "Normal", "SuccessfulCreate", `Created job ${job.metadata.name}`);
      return job;
    } catch (error) {
      const { status, message } = StatusError.from(error);
      if (status.reason === "AlreadyExists") {
        const existing = await this.#get(cronJob, wanted.metadata.name ?? "");
        return existing && controllerOf(existing)?.uid === cronJob.metadata.uid ? existing : undefined;
      }
      const isEnding = status.details?.causes?.some(({ reason }) => reason === "NamespaceTerminating");
      if (!isEnding) this.#recorder.event(cronJob, "Warning", "FailedCreate", `Error creating job: ${message}`);
      throw error;
    }
  }

  async #deleteActive(cronJob: V1CronJob): Promise<V1CronJob> {
    let current = cronJob;
    for (const { name = "" } of cronJob.status?.active ?? []) {
      const job = await this.#get(cronJob, name);
      if (job) current = await this.#delete(current, job);
    }
    return current;
  }

  async #delete(cronJob: V1CronJob, { metadata }: V1Job): Promise<V1CronJob> {
    try {
      await this.#context.client.delete(jobs, metadata, { propagationPolicy: "Background" });
    } catch (error) {
      this.#recorder.event(cronJob, "Warning", "FailedDelete", `Deleted job: ${StatusError.from(error).message}`);
      throw error;
    }
    this.#recorder.event(cronJob, "Normal", "SuccessfulDelete", `Deleted job ${metadata.name}`);
    const without = withActive(cronJob.status ?? {}, (active) => active.filter(({ uid }) => uid !== metadata.uid));
    return { ...cronJob, status: without };
  }

  async #cleanUp(cronJob: V1CronJob, own: readonly V1Job[]): Promise<V1CronJobStatus> {
    let current = cronJob;
    for (const job of planHistory(cronJob, own)) {
      // What could not be deleted is found again.
      if (!job.metadata.deletionTimestamp) current = await this.#delete(current, job).catch(() => current);
    }
    return current.status ?? {};
  }
}

type Active = NonNullable<V1CronJobStatus["active"]>;

function withActive({ active = [], ...rest }: V1CronJobStatus, change: (active: Active) => Active): V1CronJobStatus {
  const next = change(active);
  return next.length > 0 ? { ...rest, active: next } : rest;
}
