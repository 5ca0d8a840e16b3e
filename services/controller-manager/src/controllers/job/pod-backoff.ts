import type { V1Pod } from "@drydock/kube-api";
import { podCondition } from "../../pods/pod-state.ts";
import { ignoredIndexFailures, indexFailures } from "./completion-index.ts";

const BACKOFF_MS = 10_000;
const BACKOFF_MS_MAX = 10 * 60 * 1000;

/** How often a Job's pods have failed in a row. */
export interface PodBackoff {
  readonly failures: number;
  /** ms of the epoch; of no meaning while nothing has failed. */
  readonly lastFailureMs: number;
}

export const noBackoff: PodBackoff = { failures: 0, lastFailureMs: 0 };

/** What the back-off is after these pods have ended, each of them newly: a success begins the count anew. */
export function nextBackoff(current: PodBackoff, succeeded: readonly V1Pod[], failed: readonly V1Pod[]): PodBackoff {
  const failures = failed.map(finishedMs);
  if (succeeded.length === 0) {
    if (failures.length === 0) return current;
    return { failures: current.failures + failures.length, lastFailureMs: Math.max(...failures) };
  }
  const lastSuccessMs = Math.max(...succeeded.map(finishedMs));
  const since = failures.filter((ms) => ms > lastSuccessMs);
  return since.length === 0 ? noBackoff : { failures: since.length, lastFailureMs: Math.max(...since) };
}

/** How long no pod may be created yet: 10 s after the first failure, and twice as long after each further one. */
export function backoffRemainingMs({ failures, lastFailureMs }: PodBackoff, nowMs: number): number {
  if (failures === 0) return 0;
  const waitMs = Math.min(BACKOFF_MS * 2 ** Math.min(failures - 1, 30), BACKOFF_MS_MAX);
  return Math.max(0, lastFailureMs + waitMs - nowMs);
}

/** The same for one index, whose last failed pod carries its count. */
export function indexBackoffRemainingMs(lastFailed: V1Pod | undefined, nowMs: number): number {
  if (!lastFailed) return 0;
  const failures = indexFailures(lastFailed) + ignoredIndexFailures(lastFailed) + 1;
  return backoffRemainingMs({ failures, lastFailureMs: finishedMs(lastFailed) }, nowMs);
}

/** When a pod ended: by its containers, else since when it is not ready, else when it was deleted, else when it was created. */
export function finishedMs(pod: V1Pod): number {
  const { metadata, status } = pod;
  const ends = (status?.containerStatuses ?? []).map(({ state }) => Date.parse(state?.terminated?.finishedAt ?? ""));
  if (ends.length > 0 && !ends.some(Number.isNaN)) return Math.max(...ends);
  const ready = podCondition(pod, "Ready");
  if (ready?.status === "False" && ready.lastTransitionTime) return Date.parse(ready.lastTransitionTime);
  if (metadata.deletionTimestamp)
    return Date.parse(metadata.deletionTimestamp) - Number(metadata.deletionGracePeriodSeconds ?? 0) * 1000;
  return Date.parse(metadata.creationTimestamp ?? "");
}
