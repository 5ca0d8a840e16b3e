import type { V1CronJob, V1CronJobStatus, V1Job } from "@drydock/kube-api";
import { finishedCondition } from "../job/job-state.ts";
import type { CronEvent } from "./plan-start.ts";

export interface ActivePlan {
  readonly status: V1CronJobStatus;
  readonly events: readonly CronEvent[];
  /** Named as running, and not among the Jobs that are known: the server may know better. */
  readonly missing: readonly { readonly name: string; readonly uid: string }[];
  /** Running, ours, and not named: the CronJob may have been read too early. */
  readonly unexpected: readonly V1Job[];
}

/** Brings the list of what runs, and the time of the last success, up to what the Jobs say. */
export function planActive(cronJob: V1CronJob, jobs: readonly V1Job[]): ActivePlan {
  const { active = [], ...status } = cronJob.status ?? {};
  const named = new Set(active.map(({ uid }) => uid));
  const ended = jobs.filter((job) => finishedCondition(job) && named.has(job.metadata.uid));
  const endedUids = new Set(ended.map(({ metadata }) => metadata.uid));
  const known = new Set(jobs.map(({ metadata }) => metadata.uid));
  const lastSuccess = lastSuccessfulTime(status.lastSuccessfulTime, jobs);
  const left = active.filter(({ uid }) => !endedUids.has(uid));
  return {
    status: {
      ...status,
      ...(left.length > 0 ? { active: left } : {}),
      ...(lastSuccess === undefined ? {} : { lastSuccessfulTime: lastSuccess }),
    },
    events: ended.map((job) => ({
      type: "Normal",
      reason: "SawCompletedJob",
      message: `Saw completed job: ${job.metadata.name}, condition: ${finishedCondition(job)?.type}`,
    })),
    missing: left.filter(({ uid }) => !known.has(uid)).map(({ name = "", uid = "" }) => ({ name, uid })),
    unexpected: jobs.filter((job) => !finishedCondition(job) && !named.has(job.metadata.uid)),
  };
}

function lastSuccessfulTime(current: string | undefined, jobs: readonly V1Job[]): string | undefined {
  const times = jobs
    .filter((job) => finishedCondition(job)?.type === "Complete")
    .flatMap(({ status }) => status?.completionTime ?? []);
  return [...times, ...(current === undefined ? [] : [current])].sort((a, b) => Date.parse(a) - Date.parse(b)).at(-1);
}
