import type { V1CronJob, V1Job } from "@drydock/kube-api";
import { finishedCondition } from "../job/job-state.ts";

/** Finished Jobs beyond what the CronJob keeps of each outcome, the oldest first. */
export function planHistory({ spec }: V1CronJob, jobs: readonly V1Job[]): V1Job[] {
  const surplus = (type: string, limit: number | undefined) => {
    if (limit === undefined) return [];
    const ended = jobs.filter((job) => finishedCondition(job)?.type === type).sort(byStart);
    return ended.slice(0, Math.max(0, ended.length - limit));
  };
  return [...surplus("Complete", spec?.successfulJobsHistoryLimit), ...surplus("Failed", spec?.failedJobsHistoryLimit)];
}

function byStart(a: V1Job, b: V1Job): number {
  const [first, second] = [a.status?.startTime, b.status?.startTime];
  if (first !== second) return !second || (first && first < second) ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}
