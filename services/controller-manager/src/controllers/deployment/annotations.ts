import type { V1Deployment, V1ReplicaSet } from "@drydock/kube-api";

export const revisionAnnotation = "deployment.kubernetes.io/revision";
export const revisionHistoryAnnotation = "deployment.kubernetes.io/revision-history";
export const desiredAnnotation = "deployment.kubernetes.io/desired-replicas";
export const maxAnnotation = "deployment.kubernetes.io/max-replicas";
export const hashLabel = "pod-template-hash";

/** Annotations of a Deployment that are about itself and do not go to its ReplicaSets. */
const OWN_ANNOTATIONS = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  "deprecated.deployment.rollback.to",
  revisionAnnotation,
  revisionHistoryAnnotation,
  desiredAnnotation,
  maxAnnotation,
]);

/** 64 bits: somebody else's controller may have counted far. */
export function revisionOf(set: V1ReplicaSet): bigint {
  const text = set.metadata.annotations?.[revisionAnnotation] ?? "";
  return /^\d+$/.test(text) ? BigInt(text) : 0n;
}

export function numberAnnotation(set: V1ReplicaSet, name: string): number | undefined {
  const text = set.metadata.annotations?.[name] ?? "";
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

export function inheritedAnnotations(deployment: V1Deployment): Record<string, string> {
  const entries = Object.entries(deployment.metadata.annotations ?? {});
  return Object.fromEntries(entries.filter(([key]) => !OWN_ANNOTATIONS.has(key)));
}
