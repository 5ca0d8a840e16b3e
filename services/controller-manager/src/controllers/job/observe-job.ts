import type { V1Job, V1Pod } from "@drydock/kube-api";
import { isPodActive, isPodReady } from "../../pods/pod-state.ts";
import { completionIndex, ignoredIndexFailures, indexFailures, validIndex } from "./completion-index.ts";
import { countIndexes, hasIndex, type IndexRanges, mergeRanges, parseIndexRanges, rangesOf } from "./index-ranges.ts";
import { isIndexed, isPodFailed, isPodTerminating, isTracked } from "./job-state.ts";
import { finishedMs, nextBackoff, type PodBackoff } from "./pod-backoff.ts";
import { matchPodFailurePolicy } from "./pod-failure-policy.ts";

/** What is known of a Job when it is looked at. */
export interface JobView {
  readonly job: V1Job;
  /** All pods of the Job, ended and ending ones too. */
  readonly pods: readonly V1Pod[];
  /** Uids of pods whose finalizer we have removed and whose cached state does not show it yet. */
  readonly released: ReadonlySet<string>;
  /** As after the last look. */
  readonly backoff: PodBackoff;
  /** The cache shows all that we have created and deleted. */
  readonly isSettled: boolean;
  readonly nowMs: number;
}

/** What follows from it. */
export interface JobFacts {
  readonly active: readonly V1Pod[];
  readonly ready: number;
  /** Being deleted and not ended yet. */
  readonly terminating: number;
  /** Counted or about to be. */
  readonly succeeded: number;
  readonly failed: number;
  /** Of an Indexed Job: as the status has them. */
  readonly countedIndexes: IndexRanges;
  readonly succeededIndexes: IndexRanges;
  /** Absent where failures are not counted by index. */
  readonly failedIndexes?: IndexRanges;
  /** By index, the failed pod that stays until its replacement has taken over its count. */
  readonly awaitingReplacement: ReadonlyMap<number, V1Pod>;
  readonly backoff: PodBackoff;
}

export function observeJob(view: JobView): JobFacts {
  const { job, pods } = view;
  const { spec, status = {} } = job;
  const active = pods.filter(isPodActive);
  const uncounted = status.uncountedTerminatedPods;
  const newlySucceeded = countablePods(view, uncounted?.succeeded, (pod) => pod.status?.phase === "Succeeded");
  const newlyFailed = countablePods(view, uncounted?.failed, (pod) => isPodFailed(job, pod));
  const counting = newlyFailed.filter((pod) => matchPodFailurePolicy(job, pod).counts);
  const countedIndexes = isIndexed(job) ? parseIndexRanges(status.completedIndexes, spec?.completions ?? 0) : [];
  const succeededIndexes = isIndexed(job) ? mergeRanges(countedIndexes, succeededNow(view)) : [];
  const failedIndexes = spec?.backoffLimitPerIndex === undefined ? undefined : failedUntilNow(view);
  return {
    active,
    ready: active.filter(isPodReady).length,
    terminating: pods.filter(isPodTerminating).length,
    succeeded: isIndexed(job)
      ? countIndexes(succeededIndexes)
      : (status.succeeded ?? 0) + newlySucceeded.length + (uncounted?.succeeded?.length ?? 0),
    failed: (status.failed ?? 0) + counting.length + (uncounted?.failed?.length ?? 0),
    countedIndexes,
    succeededIndexes,
    ...(failedIndexes ? { failedIndexes } : {}),
    awaitingReplacement: failedIndexes
      ? awaitingReplacement(view, active, mergeRanges(succeededIndexes, failedIndexes))
      : new Map(),
    backoff: nextBackoff(view.backoff, newlySucceeded, newlyFailed),
  };
}

/** Pods that `test` holds for and that no status has counted: still tracked and, in an Indexed Job, of an index that exists. */
function countablePods(
  { job, pods, released }: JobView,
  uncounted: readonly string[] = [],
  test: (pod: V1Pod) => boolean,
): V1Pod[] {
  const known = new Set([...uncounted, ...released]);
  const isValid = (pod: V1Pod) => !isIndexed(job) || validIndex(pod, job.spec?.completions ?? 0) !== undefined;
  return pods.filter((pod) => isTracked(pod) && !known.has(pod.metadata.uid ?? "") && isValid(pod) && test(pod));
}

function indexesOf({ job, pods }: JobView, test: (pod: V1Pod) => boolean): IndexRanges {
  const found = pods.filter((pod) => isTracked(pod) && test(pod));
  return rangesOf(found.flatMap((pod) => validIndex(pod, job.spec?.completions ?? 0) ?? []));
}

function succeededNow(view: JobView): IndexRanges {
  return indexesOf(view, ({ status }) => status?.phase === "Succeeded");
}

function failedUntilNow(view: JobView): IndexRanges {
  const { job } = view;
  const before = parseIndexRanges(job.status?.failedIndexes, job.spec?.completions ?? 0);
  return mergeRanges(
    before,
    indexesOf(view, (pod) => hasIndexFailed(job, pod)),
  );
}

function hasIndexFailed(job: V1Job, pod: V1Pod): boolean {
  if (!isPodFailed(job, pod)) return false;
  const { action, counts } = matchPodFailurePolicy(job, pod);
  return action === "FailIndex" || (counts && indexFailures(pod) >= (job.spec?.backoffLimitPerIndex ?? 0));
}

function awaitingReplacement(view: JobView, active: readonly V1Pod[], ended: IndexRanges): Map<number, V1Pod> {
  const running = new Set(active.map(completionIndex));
  const kept = new Map<number, V1Pod>();
  const absolute = (pod: V1Pod) => indexFailures(pod) + ignoredIndexFailures(pod);
  for (const pod of countablePods(view, [], (candidate) => isPodFailed(view.job, candidate))) {
    const index = completionIndex(pod) as number;
    if (hasIndex(ended, index) || running.has(index)) continue;
    const other = kept.get(index);
    const isLater = !other || (absolute(other) <= absolute(pod) && finishedMs(pod) >= finishedMs(other));
    if (isLater) kept.set(index, pod);
  }
  return kept;
}
