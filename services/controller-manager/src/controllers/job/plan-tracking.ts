import type { V1Job, V1JobCondition, V1JobStatus, V1Pod } from "@drydock/kube-api";
import { completionIndex, validIndex } from "./completion-index.ts";
import { jobCondition, withCondition } from "./conditions.ts";
import { countIndexes, formatIndexRanges, hasIndex } from "./index-ranges.ts";
import { isIndexed, isPodFailed, isTracked } from "./job-state.ts";
import type { JobFacts, JobView } from "./observe-job.ts";
import { matchPodFailurePolicy } from "./pod-failure-policy.ts";

/** Most uids in a status, so that it stays below some 20 KB. */
const UNCOUNTED_MAX = 500;

export interface TrackingPlan {
  /** To be written before any finalizer goes: it names the pods that are about to be counted. */
  readonly status: V1JobStatus;
  /** Pods whose finalizer may go afterwards. */
  readonly release: readonly V1Pod[];
  /** The condition that ends the Job once all is counted. */
  readonly end?: V1JobCondition;
  /** More is left than fits in one pass. */
  readonly isPartial: boolean;
}

/**
 * Counting without losing or doubling any (KEP-2307): the uid of an ended pod goes into the status, then its finalizer goes, then the
 * counter rises and the uid leaves. Whatever happens between, the next look finds where we were. `status` is the Job's, with the
 * counts of pods brought up to date.
 */
export function planTracking(
  view: JobView,
  facts: JobFacts,
  status: V1JobStatus,
  verdict: V1JobCondition | undefined,
): TrackingPlan {
  const tracked = trackedUids(view);
  const next = countReleased(status, tracked);
  const { release, succeeded, failed, isPartial } = collect(view, facts, next, verdict);
  const counted: V1JobStatus = {
    ...next,
    uncountedTerminatedPods: uncountedOf(
      [...(next.uncountedTerminatedPods?.succeeded ?? []), ...succeeded],
      [...(next.uncountedTerminatedPods?.failed ?? []), ...failed],
    ),
    ...(isIndexed(view.job) ? indexStatus(facts) : {}),
  };
  return { ...conclude(counted, verdict, view.nowMs), release, isPartial };
}

/** Uids of the pods whose end is not counted, whether or not they have ended. */
export function trackedUids({ pods, released }: JobView): Set<string> {
  const uids = pods.filter(isTracked).map(({ metadata }) => metadata.uid ?? "");
  return new Set(uids.filter((uid) => !released.has(uid)));
}

/** Moves what is not tracked any more from the uids to the counters. */
export function countReleased(status: V1JobStatus, tracked: ReadonlySet<string>): V1JobStatus {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  const left = {
    succeeded: succeeded.filter((uid) => tracked.has(uid)),
    failed: failed.filter((uid) => tracked.has(uid)),
  };
  return {
    ...status,
    ...positive("succeeded", (status.succeeded ?? 0) + succeeded.length - left.succeeded.length),
    ...positive("failed", (status.failed ?? 0) + failed.length - left.failed.length),
    uncountedTerminatedPods: uncountedOf(left.succeeded, left.failed),
  };
}

/** Adds the condition that ends the Job; undefined while pods are uncounted or still going. */
export function planEnd(status: V1JobStatus, end: V1JobCondition | undefined, nowMs: number): V1JobStatus | undefined {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  if (!end || succeeded.length + failed.length > 0 || (status.terminating ?? 0) > 0) return undefined;
  const condition = jobCondition(end.type, "True", end.reason ?? "", end.message ?? "", nowMs);
  return {
    ...status,
    conditions: withCondition(status.conditions ?? [], condition),
    ...(end.type === "Complete" ? { completionTime: condition.lastTransitionTime as string } : {}),
  };
}

interface Collected {
  readonly release: V1Pod[];
  readonly succeeded: string[];
  readonly failed: string[];
  readonly isPartial: boolean;
}

function collect(view: JobView, facts: JobFacts, status: V1JobStatus, verdict: V1JobCondition | undefined): Collected {
  const { job, pods, released } = view;
  const { succeeded: oldSucceeded = [], failed: oldFailed = [] } = status.uncountedTerminatedPods ?? {};
  const succeeded: string[] = [];
  const failed: string[] = [];
  const release: V1Pod[] = [];
  let newIndexes = 0;
  const byIndex = pods.toSorted((a, b) => (completionIndex(a) ?? -1) - (completionIndex(b) ?? -1));
  for (const pod of isIndexed(job) ? byIndex : pods) {
    const uid = pod.metadata.uid ?? "";
    if (!isTracked(pod) || released.has(uid) || !mayRelease(view, facts, pod, verdict)) continue;
    release.push(pod);
    const index = validIndex(pod, job.spec?.completions ?? 0);
    const isKnownFailure = oldFailed.includes(uid);
    if (pod.status?.phase === "Succeeded" && !isKnownFailure) {
      if (!isIndexed(job)) succeeded.push(...(oldSucceeded.includes(uid) ? [] : [uid]));
      else if (index !== undefined && !hasIndex(facts.countedIndexes, index)) newIndexes++;
    } else if (!isKnownFailure && countsAsFailed(job, pod, verdict)) {
      if (!isIndexed(job) || index !== undefined) failed.push(uid);
    }
    const total = newIndexes + oldSucceeded.length + oldFailed.length + succeeded.length + failed.length;
    if (total >= UNCOUNTED_MAX) return { release, succeeded, failed, isPartial: true };
  }
  return { release, succeeded, failed, isPartial: false };
}

function mayRelease(
  { job }: JobView,
  { awaitingReplacement }: JobFacts,
  pod: V1Pod,
  verdict: V1JobCondition | undefined,
): boolean {
  if (job.metadata.deletionTimestamp || verdict || pod.status?.phase === "Succeeded") return true;
  if (!isPodFailed(job, pod)) return false;
  const kept = awaitingReplacement.get(completionIndex(pod) ?? -1);
  return kept?.metadata.uid !== pod.metadata.uid;
}

/** When the Job fails, what has not ended counts as failed too. */
function countsAsFailed(job: V1Job, pod: V1Pod, verdict: V1JobCondition | undefined): boolean {
  const isFailing = verdict !== undefined && verdict.type !== "SuccessCriteriaMet";
  return (isFailing || isPodFailed(job, pod)) && matchPodFailurePolicy(job, pod).counts;
}

function indexStatus({ succeededIndexes, failedIndexes }: JobFacts): V1JobStatus {
  const completedIndexes = formatIndexRanges(succeededIndexes);
  return {
    ...positive("succeeded", countIndexes(succeededIndexes)),
    ...(completedIndexes === "" ? { completedIndexes: undefined } : { completedIndexes }),
    ...(failedIndexes ? { failedIndexes: formatIndexRanges(failedIndexes) } : {}),
  } as V1JobStatus;
}

/** Notes what has been decided, and says what that will come to. */
function conclude(
  status: V1JobStatus,
  verdict: V1JobCondition | undefined,
  nowMs: number,
): { status: V1JobStatus; end?: V1JobCondition } {
  if (!verdict) return { status };
  if (verdict.type === "Failed") return { status, end: verdict };
  const type = verdict.type === "FailureTarget" ? "Failed" : "Complete";
  const end = jobCondition(type, "True", verdict.reason ?? "", verdict.message ?? "", nowMs);
  return { status: { ...status, conditions: withCondition(status.conditions ?? [], verdict) }, end };
}

/** Counts that are nothing are left out, as upstream's encoding does. */
function positive(field: "succeeded" | "failed", value: number): V1JobStatus {
  return { [field]: value > 0 ? value : undefined } as V1JobStatus;
}

function uncountedOf(succeeded: readonly string[], failed: readonly string[]) {
  return {
    ...(succeeded.length > 0 ? { succeeded: [...succeeded] } : {}),
    ...(failed.length > 0 ? { failed: [...failed] } : {}),
  };
}
