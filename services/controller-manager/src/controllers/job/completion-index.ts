import type { V1Pod } from "@drydock/kube-api";

export const INDEX_KEY = "batch.kubernetes.io/job-completion-index";
export const FAILURES_KEY = "batch.kubernetes.io/job-index-failure-count";
export const IGNORED_FAILURES_KEY = "batch.kubernetes.io/job-index-ignored-failure-count";
const INT32_MAX = 2 ** 31 - 1;

/** Which of the completions a pod works on; undefined if it says none. */
export function completionIndex({ metadata }: V1Pod): number | undefined {
  const text = metadata.annotations?.[INDEX_KEY];
  return text !== undefined && /^\+?\d+$/.test(text) ? Number(text) : undefined;
}

/** The index of a pod if it is one of the first `completions`. */
export function validIndex(pod: V1Pod, completions: number): number | undefined {
  const index = completionIndex(pod);
  return index !== undefined && index < completions ? index : undefined;
}

/** How often the index had failed before this pod, as far as failures count. */
export function indexFailures(pod: V1Pod): number {
  return countAt(pod, FAILURES_KEY);
}

export function ignoredIndexFailures(pod: V1Pod): number {
  return countAt(pod, IGNORED_FAILURES_KEY);
}

/** A user may have written anything there: what is no count is none. */
function countAt({ metadata }: V1Pod, key: string): number {
  const text = metadata.annotations?.[key] ?? "";
  const count = /^\+?\d+$/.test(text) ? Number(text) : 0;
  return count <= INT32_MAX ? count : 0;
}
