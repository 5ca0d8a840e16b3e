import type { V1PersistentVolumeClaim, V1PersistentVolumeClaimSpec } from "@drydock/kube-api";

/** Of claims, and of the templates that StatefulSets and pods make claims from. */
export function setClaimDefaults(claim: Pick<V1PersistentVolumeClaim, "spec" | "status">): void {
  claim.status ??= {};
  claim.status.phase ||= "Pending";
  if (claim.spec) setClaimSpecDefaults(claim.spec);
}

export function setClaimSpecDefaults(spec: V1PersistentVolumeClaimSpec): void {
  spec.volumeMode ??= "Filesystem";
}
