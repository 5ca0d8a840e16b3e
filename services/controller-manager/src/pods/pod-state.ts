import type { V1Pod, V1PodCondition } from "@drydock/kube-api";

export function podCondition(pod: V1Pod, type: string): V1PodCondition | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === type);
}

export function isPodReady(pod: V1Pod): boolean {
  return podCondition(pod, "Ready")?.status === "True";
}

/** Ready for at least `minReadySeconds`. */
export function isPodAvailable(pod: V1Pod, minReadySeconds: number, nowMs: number): boolean {
  return isPodReady(pod) && availableInMs(pod, minReadySeconds, nowMs) <= 0;
}

/** How long a ready pod still needs until it counts as available; 0 or less when it does. */
export function availableInMs(pod: V1Pod, minReadySeconds: number, nowMs: number): number {
  const since = podCondition(pod, "Ready")?.lastTransitionTime;
  if (minReadySeconds === 0) return 0;
  return (since ? Date.parse(since) : nowMs) + minReadySeconds * 1000 - nowMs;
}

export function isPodTerminal(pod: V1Pod): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
}

/** Neither finished nor being deleted: what replica counts count. */
export function isPodActive(pod: V1Pod): boolean {
  return !isPodTerminal(pod) && pod.metadata.deletionTimestamp === undefined;
}
