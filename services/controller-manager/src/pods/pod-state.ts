import type { OwnerReference } from "@drydock/apimachinery";
import type { V1Pod } from "@drydock/kube-api";

export type V1PodLike = V1Pod;

/** Neither over nor on its way out. */
export function isPodActive({ status, metadata }: V1Pod): boolean {
  return status?.phase !== "Succeeded" && status?.phase !== "Failed" && metadata.deletionTimestamp === undefined;
}

export function isPodReady({ status }: V1Pod): boolean {
  return (status?.conditions ?? []).some(({ type, status: value }) => type === "Ready" && value === "True");
}

/** Ready for at least `minReadySeconds`. */
export function isPodAvailable(pod: V1Pod, minReadySeconds: number, nowMs: number): boolean {
  const ready = pod.status?.conditions?.find(({ type, status }) => type === "Ready" && status === "True");
  if (!ready) return false;
  if (minReadySeconds === 0) return true;
  return (
    ready.lastTransitionTime !== undefined && Date.parse(ready.lastTransitionTime) + minReadySeconds * 1000 <= nowMs
  );
}

export function controllerOf({
  metadata,
}: {
  metadata: { ownerReferences?: OwnerReference[] };
}): OwnerReference | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller);
}
