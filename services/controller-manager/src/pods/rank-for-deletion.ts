import type { V1Pod } from "@drydock/kube-api";
import { isPodReady, podCondition } from "./pod-state.ts";

const COST_ANNOTATION = "controller.kubernetes.io/pod-deletion-cost";
const PHASE_RANK: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/**
 * Sorts pods so that those to delete first come first, by upstream's rules: unassigned, then pending, then not ready, then cheaper,
 * then sharing a node with more siblings (`crowdOf`: how many), then ready for a shorter time, then restarted more often, then newer.
 * Times are compared by their order of magnitude only, so that the choice is not always the newest.
 */
export function rankForDeletion(pods: readonly V1Pod[], crowdOf: (pod: V1Pod) => number, nowMs: number): V1Pod[] {
  return [...pods].sort((a, b) => {
    const byRule =
      compare(isAssigned, a, b) ||
      compare((pod) => PHASE_RANK[pod.status?.phase ?? "Pending"] ?? 1, a, b) ||
      compare((pod) => Number(isPodReady(pod)), a, b) ||
      compare(deletionCost, a, b) ||
      compare((pod) => -crowdOf(pod), a, b) ||
      compare((pod) => (isPodReady(pod) ? magnitude(nowMs - readySinceMs(pod)) : 0), a, b) ||
      compare((pod) => -maxRestarts(pod), a, b) ||
      compare((pod) => magnitude(nowMs - Date.parse(pod.metadata.creationTimestamp ?? "")), a, b);
    return byRule || (a.metadata.uid ?? "").localeCompare(b.metadata.uid ?? "");
  });
}

function compare(value: (pod: V1Pod) => number, a: V1Pod, b: V1Pod): number {
  return value(a) - value(b);
}

const isAssigned = (pod: V1Pod) => (pod.spec?.nodeName ? 1 : 0);

function deletionCost(pod: V1Pod): number {
  const text = pod.metadata.annotations?.[COST_ANNOTATION] ?? "0";
  return /^-?\d+$/.test(text) ? Number(text) : 0;
}

function readySinceMs(pod: V1Pod): number {
  return Date.parse(podCondition(pod, "Ready")?.lastTransitionTime ?? "");
}

function maxRestarts(pod: V1Pod): number {
  return Math.max(0, ...(pod.status?.containerStatuses ?? []).map(({ restartCount }) => restartCount));
}

/** The whole part of the logarithm: ages of 20 and 30 minutes count as equal. */
function magnitude(ageMs: number): number {
  return ageMs > 0 ? Math.floor(Math.log2(ageMs)) : 0;
}
