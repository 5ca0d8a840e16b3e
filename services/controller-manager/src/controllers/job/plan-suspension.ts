import type { V1Job, V1JobStatus } from "@drydock/kube-api";
import { formatTime, jobCondition, withCondition } from "./conditions.ts";
import { isSuspended } from "./job-state.ts";

export interface SuspensionChange {
  readonly status: V1JobStatus;
  readonly event: "Suspended" | "Resumed";
}

/** What suspending or resuming changes; undefined if nothing. A deadline counts from the last time the Job began to run. */
export function planSuspension(job: V1Job, status: V1JobStatus, nowMs: number): SuspensionChange | undefined {
  const current = status.conditions ?? [];
  const wanted = isSuspended(job)
    ? jobCondition("Suspended", "True", "JobSuspended", "Job suspended", nowMs)
    : jobCondition("Suspended", "False", "JobResumed", "Job resumed", nowMs);
  const conditions = withCondition(current, wanted);
  if (conditions === current) return undefined;
  if (isSuspended(job)) {
    const { startTime: _, ...rest } = status;
    return { status: { ...rest, conditions }, event: "Suspended" };
  }
  return { status: { ...status, conditions, startTime: formatTime(nowMs) }, event: "Resumed" };
}
