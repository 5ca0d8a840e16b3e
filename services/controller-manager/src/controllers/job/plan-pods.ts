import type { V1Pod } from "@drydock/kube-api";
import { rankForDeletion } from "../../pods/rank-for-deletion.ts";
import { completionIndex, validIndex } from "./completion-index.ts";
import { freeIndexes, type IndexRanges, mergeRanges, rangesOf } from "./index-ranges.ts";
import { isIndexed, isPodTerminating, isSuspended, replacesOnlyEnded } from "./job-state.ts";
import type { JobFacts, JobView } from "./observe-job.ts";
import { backoffRemainingMs, indexBackoffRemainingMs } from "./pod-backoff.ts";

/** Most pods created or deleted in one pass. */
const PODS_MAX = 500;

export interface PodsPlan {
  readonly delete: readonly V1Pod[];
  /** One entry a pod: its completion index, or undefined in a Job without indexes. */
  readonly create: readonly (number | undefined)[];
  /** Pods are missing whose back-off ends then. */
  readonly requeueAfterMs?: number;
}

/** How many pods should run, and which have to go or come for that. Deletions go first: a pass that deletes creates none. */
export function planPods(view: JobView, facts: JobFacts): PodsPlan {
  const { job } = view;
  const active = facts.active.length;
  if (isSuspended(job)) return { delete: podsToDelete(view, facts, active), create: [] };
  const wanted = wantedPods(view, facts);
  const surplus = podsToDelete(view, facts, Math.max(0, active - wanted)).slice(0, PODS_MAX);
  if (surplus.length > 0) return { delete: surplus, create: [] };
  const missing = wanted - active - (replacesOnlyEnded(job) ? facts.terminating : 0);
  return missing > 0 ? planCreations(view, facts, missing) : { delete: [], create: [] };
}

function wantedPods({ job }: JobView, { active, succeeded }: JobFacts): number {
  const { completions, parallelism = 1 } = job.spec ?? {};
  // Without a number, the first success ends the work: what still runs may end, and nothing new begins.
  if (completions === undefined) return succeeded > 0 ? active.length : parallelism;
  return Math.max(0, Math.min(completions - succeeded, parallelism));
}

function planCreations(view: JobView, facts: JobFacts, missing: number): PodsPlan {
  const { job, nowMs } = view;
  const count = Math.min(missing, PODS_MAX);
  const isByIndex = job.spec?.backoffLimitPerIndex !== undefined;
  const waitMs = isByIndex ? 0 : backoffRemainingMs(facts.backoff, nowMs);
  if (waitMs > 0) return { delete: [], create: [], requeueAfterMs: waitMs };
  if (!isIndexed(job)) return { delete: [], create: Array.from({ length: count }, () => undefined) };
  const indexes = freeIndexes(takenIndexes(view, facts), count, job.spec?.completions ?? 0);
  if (!isByIndex) return { delete: [], create: indexes };
  const waits = indexes.map((index) => indexBackoffRemainingMs(facts.awaitingReplacement.get(index), nowMs));
  const later = waits.filter((ms) => ms > 0);
  return {
    delete: [],
    create: indexes.filter((_, position) => waits[position] === 0),
    ...(later.length > 0 ? { requeueAfterMs: Math.min(...later) } : {}),
  };
}

function takenIndexes({ job, pods }: JobView, facts: JobFacts): IndexRanges {
  const busy = replacesOnlyEnded(job) ? [...facts.active, ...pods.filter(isPodTerminating)] : facts.active;
  const running = rangesOf(busy.flatMap((pod) => completionIndex(pod) ?? []));
  return mergeRanges(mergeRanges(facts.succeededIndexes, facts.failedIndexes ?? []), running);
}

/** At least `count` of the active pods; of an Indexed Job all whose index is none, or is another's too. */
function podsToDelete({ job, nowMs }: JobView, { active }: JobFacts, count: number): V1Pod[] {
  const inOrder = rankForDeletion(active, () => 0, nowMs);
  if (!isIndexed(job)) return inOrder.slice(0, count);
  const kept = new Map<number, V1Pod>();
  for (const pod of inOrder) {
    const index = validIndex(pod, job.spec?.completions ?? 0);
    if (index !== undefined) kept.set(index, pod);
  }
  const rightful = new Set(kept.values());
  const wrong = inOrder.filter((pod) => !rightful.has(pod));
  const rest = inOrder.filter((pod) => rightful.has(pod));
  return [...wrong, ...rest.slice(0, Math.max(0, count - wrong.length))];
}
