import { isPodActive, isPodReady, type V1PodLike } from "../../pods/pod-state.ts";

export type ReplicaPlan =
  | { readonly kind: "none" }
  | { readonly kind: "create"; readonly count: number }
  | { readonly kind: "delete"; readonly pods: readonly V1PodLike[] };

/** At most so many pods are made or ended in one go (upstream's BurstReplicas). */
const BURST = 500;

/** How many pods to make or which to end, given the ones there are. Pure. */
export function planReplicas(
  desired: number,
  pods: readonly V1PodLike[],
  podsOnNode: ReadonlyMap<string, number>,
  nowMs: number,
): ReplicaPlan {
  const active = pods.filter(isPodActive);
  const missing = desired - active.length;
  if (missing > 0) return { kind: "create", count: Math.min(missing, BURST) };
  if (missing === 0) return { kind: "none" };
  const ranked = [...active].sort((a, b) => compareForDeletion(a, b, podsOnNode, nowMs));
  return { kind: "delete", pods: ranked.slice(0, Math.min(-missing, BURST)) };
}

/**
 * Which of two pods goes first, in upstream's order: not bound, pending, not ready, lower deletion cost, on a node with more of its
 * siblings, ready for a shorter time, restarted more often, younger.
 */
export function compareForDeletion(
  a: V1PodLike,
  b: V1PodLike,
  podsOnNode: ReadonlyMap<string, number>,
  nowMs: number,
): number {
  const first = (aGoes: boolean, bGoes: boolean) => Number(bGoes) - Number(aGoes);
  const phaseRank = (pod: V1PodLike) => ({ Pending: 0, Unknown: 1, Running: 2 })[pod.status?.phase ?? "Unknown"] ?? 1;
  const siblings = (pod: V1PodLike) => podsOnNode.get(pod.spec?.nodeName ?? "") ?? 0;
  return (
    first(!a.spec?.nodeName, !b.spec?.nodeName) ||
    phaseRank(a) - phaseRank(b) ||
    first(!isPodReady(a), !isPodReady(b)) ||
    deletionCost(a) - deletionCost(b) ||
    siblings(b) - siblings(a) ||
    readyForMs(a, nowMs) - readyForMs(b, nowMs) ||
    restarts(b) - restarts(a) ||
    ageMs(a, nowMs) - ageMs(b, nowMs)
  );
}

function deletionCost({ metadata }: V1PodLike): number {
  return Number(metadata.annotations?.["controller.kubernetes.io/pod-deletion-cost"] ?? 0) || 0;
}

function readyForMs({ status }: V1PodLike, nowMs: number): number {
  const ready = status?.conditions?.find(({ type, status: value }) => type === "Ready" && value === "True");
  return ready?.lastTransitionTime ? nowMs - Date.parse(ready.lastTransitionTime) : 0;
}

function restarts({ status }: V1PodLike): number {
  return Math.max(0, ...(status?.containerStatuses ?? []).map(({ restartCount }) => restartCount));
}

function ageMs({ metadata }: V1PodLike, nowMs: number): number {
  return metadata.creationTimestamp ? nowMs - Date.parse(metadata.creationTimestamp) : 0;
}
