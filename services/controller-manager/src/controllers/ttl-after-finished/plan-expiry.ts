import type { V1Job } from "@drydock/kube-api";
import { finishedCondition } from "../job/job-state.ts";

/** How long a finished Job is still kept, 0 or less when its time has passed; undefined if nothing says that it goes. */
export function expiresInMs(job: V1Job, nowMs: number): number | undefined {
  const seconds = job.spec?.ttlSecondsAfterFinished;
  const finished = finishedCondition(job)?.lastTransitionTime;
  if (seconds === undefined || finished === undefined || job.metadata.deletionTimestamp) return undefined;
  return Date.parse(finished) + seconds * 1000 - nowMs;
}
