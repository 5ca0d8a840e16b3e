import type { V1Job, V1JobCondition, V1Pod } from "@drydock/kube-api";

/** Keeps a pod until its end has been counted in the Job's status. */
export const TRACKING_FINALIZER = "batch.kubernetes.io/job-tracking";
const CONTROLLER_NAME = "kubernetes.io/job-controller";

export function isTracked({ metadata }: V1Pod): boolean {
  return metadata.finalizers?.includes(TRACKING_FINALIZER) ?? false;
}

/** Somebody else has said that they look after this Job. */
export function isManagedElsewhere({ spec }: V1Job): boolean {
  return spec?.managedBy !== undefined && spec.managedBy !== CONTROLLER_NAME;
}

export function isIndexed({ spec }: V1Job): boolean {
  return spec?.completionMode === "Indexed";
}

export function isSuspended({ spec }: V1Job): boolean {
  return spec?.suspend === true;
}

export function trueCondition({ status }: V1Job, type: string): V1JobCondition | undefined {
  return status?.conditions?.find((condition) => condition.type === type && condition.status === "True");
}

/** The condition that ended the Job, if it has ended. */
export function finishedCondition(job: V1Job): V1JobCondition | undefined {
  return job.status?.conditions?.find(
    ({ type, status }) => (type === "Complete" || type === "Failed") && status === "True",
  );
}

/** Whether a pod that is being deleted is replaced only once it has ended. */
export function replacesOnlyEnded({ spec }: V1Job): boolean {
  return spec?.podReplacementPolicy === "Failed" || spec?.podFailurePolicy !== undefined;
}

/** A pod that is being deleted counts as failed at once where it may be replaced at once: its node may never report. */
export function isPodFailed(job: V1Job, { metadata, status }: V1Pod): boolean {
  if (status?.phase === "Failed") return true;
  if (replacesOnlyEnded(job)) return false;
  return metadata.deletionTimestamp !== undefined && status?.phase !== "Succeeded";
}

export function isPodTerminating({ metadata, status }: V1Pod): boolean {
  return metadata.deletionTimestamp !== undefined && status?.phase !== "Succeeded" && status?.phase !== "Failed";
}
