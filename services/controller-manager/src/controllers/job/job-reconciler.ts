import { deepEqual, labelSelectorFromObject } from "@drydock/apimachinery";
import type { ControllerContext, EventRecorder, Lister, ReconcileResult } from "@drydock/client";
import { jobs, pods, type V1Job, type V1JobCondition, type V1JobStatus, type V1Pod } from "@drydock/kube-api";
import { claimObjects } from "../../owners/claim-objects.ts";
import { controllerIndex, orphansOf } from "../../owners/controller-ref.ts";
import { SeenWrites } from "../../owners/seen-writes.ts";
import { formatTime, jobCondition } from "./conditions.ts";
import type { JobPods } from "./job-pods.ts";
import { finishedCondition, isManagedElsewhere, isSuspended, TRACKING_FINALIZER } from "./job-state.ts";
import { type JobFacts, type JobView, observeJob } from "./observe-job.ts";
import { planPods } from "./plan-pods.ts";
import { planSuspension } from "./plan-suspension.ts";
import { countReleased, planEnd, planTracking, trackedUids } from "./plan-tracking.ts";
import { deadlineInMs, planVerdict } from "./plan-verdict.ts";
import { noBackoff, type PodBackoff } from "./pod-backoff.ts";

const EXPECTATION_RECHECK_MS = 5 * 60 * 1000 + 1000;
/** Timers do not reach further than some weeks, deadlines may. */
const RECHECK_MS_MAX = 24 * 60 * 60 * 1000;

/** Brings one Job a step further: its pods, the count of those that have ended, its end. */
export class JobReconciler {
  readonly #context: ControllerContext;
  readonly #recorder: EventRecorder;
  readonly #jobs: Lister<V1Job>;
  readonly #pods: Lister<V1Pod>;
  readonly #jobPods: JobPods;
  readonly #backoffs = new Map<string, PodBackoff>();
  readonly #writes = new SeenWrites();

  constructor(context: ControllerContext, jobPods: JobPods, recorder: EventRecorder) {
    this.#context = context;
    this.#recorder = recorder;
    this.#jobs = context.informers.informer(jobs).lister;
    this.#pods = context.informers.informer(pods).lister;
    this.#jobPods = jobPods;
  }

  async reconcile(key: string): Promise<ReconcileResult | undefined> {
    const job = this.#jobs.getByKey(key);
    if (!job || finishedCondition(job)) {
      this.#forget(key);
      return undefined;
    }
    if (isManagedElsewhere(job)) return undefined;
    // Pods counted a moment ago would look missing beside an older status.
    if (!this.#writes.areSeen(key, job)) return { requeueAfterMs: 1000 };
    const isSettled = this.#jobPods.isSettled(key);
    const view: JobView = {
      job,
      isSettled,
      pods: await this.#claim(job),
      released: this.#jobPods.releasedUids(key),
      backoff: this.#backoffs.get(key) ?? noBackoff,
      nowMs: this.#context.clock.nowMs(),
    };
    const step = await this.#step(key, view);
    if (step.error !== undefined) throw step.error;
    return soonest(step.requeueAfterMs, deadlineInMs(view), isSettled ? undefined : EXPECTATION_RECHECK_MS);
  }

  #forget(key: string): void {
    this.#jobPods.forget(key);
    this.#backoffs.delete(key);
    this.#writes.forget(key);
  }

  #claim(job: V1Job): Promise<V1Pod[]> {
    return claimObjects({
      client: this.#context.client,
      ownerResource: jobs,
      owner: job,
      resource: pods,
      selector: labelSelectorFromObject(job.spec?.selector),
      finalizer: TRACKING_FINALIZER,
      objects: [
        ...this.#pods.byIndex(controllerIndex, job.metadata.uid ?? ""),
        ...this.#pods.byIndex(controllerIndex, orphansOf(job.metadata.namespace)),
      ],
    });
  }

  async #step(key: string, view: JobView): Promise<Step> {
    const facts = observeJob(view);
    const verdict = planVerdict(view, facts);
    const step = verdict ? await this.#stop(key, view, facts, verdict) : await this.#run(key, view, facts);
    const { job, nowMs } = view;
    const current = job.status ?? {};
    const counted: V1JobStatus = {
      ...current,
      startTime: current.startTime ?? (isSuspended(job) ? undefined : formatTime(nowMs)),
      active: step.active || undefined,
      ready: step.ready,
      terminating: step.terminating,
    } as V1JobStatus;
    const change = step.isManaged && !step.verdict ? planSuspension(job, counted, nowMs) : undefined;
    await this.#track(key, view, facts, change?.status ?? counted, step.verdict, () => {
      if (change) this.#recorder.event(job, "Normal", change.event, `Job ${change.event.toLowerCase()}`);
    });
    return step;
  }

  /** The end is decided: what still runs is deleted. Nothing is decided by a cache that is behind. */
  async #stop(key: string, view: JobView, facts: JobFacts, verdict: V1JobCondition): Promise<Step> {
    const deleted = await this.#jobPods.delete(key, view.job, facts.active, false);
    const isCertain = view.isSettled && deleted.total === facts.active.length;
    return {
      ...(isCertain ? { verdict } : {}),
      isManaged: false,
      active: facts.active.length - deleted.total,
      ready: facts.ready - deleted.ready,
      terminating: facts.terminating + deleted.total,
      error: deleted.error,
    };
  }

  async #run(key: string, view: JobView, facts: JobFacts): Promise<Step> {
    const { job, nowMs } = view;
    const isManaged = view.isSettled && !job.metadata.deletionTimestamp;
    const plan = isManaged ? planPods(view, facts) : { delete: [], create: [] };
    const deleted = await this.#jobPods.delete(key, job, plan.delete, true);
    const created = await this.#jobPods.create(key, job, plan.create, (index) => facts.awaitingReplacement.get(index));
    const active = facts.active.length - deleted.total + created.succeeded;
    const { completions } = job.spec ?? {};
    const isComplete = active === 0 && facts.succeeded >= (completions ?? 1);
    const success = () =>
      jobCondition(
        "SuccessCriteriaMet",
        "True",
        "CompletionsReached",
        "Reached expected number of succeeded pods",
        nowMs,
      );
    return {
      ...(isComplete ? { verdict: success() } : {}),
      isManaged,
      active,
      ready: facts.ready - deleted.ready,
      terminating: facts.terminating + deleted.total,
      error: deleted.error ?? created.error,
      ...(plan.requeueAfterMs === undefined ? {} : { requeueAfterMs: plan.requeueAfterMs }),
    };
  }

  async #track(
    key: string,
    view: JobView,
    facts: JobFacts,
    counted: V1JobStatus,
    verdict: V1JobCondition | undefined,
    onWritten: () => void,
  ): Promise<void> {
    const plan = planTracking(view, facts, counted, verdict);
    let job = await this.#write(key, view.job, plan.status);
    onWritten();
    this.#backoffs.set(key, facts.backoff);
    const { uids, error } = await this.#jobPods.release(key, plan.release);
    const tracked = trackedUids(view);
    for (const uid of uids) tracked.delete(uid);
    const status = countReleased(job.status ?? {}, tracked);
    const ended = error === undefined && !plan.isPartial ? planEnd(status, plan.end, view.nowMs) : undefined;
    job = await this.#write(key, job, ended ?? status);
    if (error !== undefined) throw error;
    if (ended && plan.end) this.#announceEnd(job, plan.end);
  }

  #announceEnd(job: V1Job, { type, reason = "", message = "" }: V1JobCondition): void {
    if (type !== "Complete") return this.#recorder.event(job, "Warning", reason, message);
    const { completions } = job.spec ?? {};
    if (completions !== undefined && (job.status?.succeeded ?? 0) > completions) {
      const text = "Too many succeeded pods running after completion count reached";
      this.#recorder.event(job, "Warning", "TooManySucceededPods", text);
    }
    this.#recorder.event(job, "Normal", "Completed", "Job completed");
  }

  async #write(key: string, job: V1Job, wanted: V1JobStatus): Promise<V1Job> {
    const status = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
    if (deepEqual(status, job.status ?? {})) return job;
    const written = await this.#context.client.updateStatus(jobs, { ...job, status });
    this.#writes.note(key, written);
    return written;
  }
}

/** What a pass over the pods has come to. */
interface Step {
  readonly verdict?: V1JobCondition;
  /** The pods were brought to what the spec says, as far as that was possible. */
  readonly isManaged: boolean;
  readonly active: number;
  readonly ready: number;
  readonly terminating: number;
  readonly error?: unknown;
  readonly requeueAfterMs?: number;
}

/** What has passed already is not waited for. */
function soonest(...delays: (number | undefined)[]): ReconcileResult | undefined {
  const known = delays.filter((ms) => ms !== undefined && ms > 0) as number[];
  return known.length > 0 ? { requeueAfterMs: Math.min(...known, RECHECK_MS_MAX) } : undefined;
}
