import type { IntOrString, V1Deployment } from "@drydock/kube-api";

/** How far a rolling update may stray from the desired count, in pods. */
export interface Fenceposts {
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

/** Percentages resolved as upstream: surge rounds up, unavailable rounds down; both 0 would stand still, so then one may be unavailable. */
export function resolveFenceposts(deployment: V1Deployment): Fenceposts {
  const desired = desiredReplicas(deployment);
  if (!isRollingUpdate(deployment)) return { maxSurge: 0, maxUnavailable: 0 };
  const { maxSurge = "25%", maxUnavailable = "25%" } = deployment.spec?.strategy?.rollingUpdate ?? {};
  const surge = resolve(maxSurge, desired, Math.ceil);
  const unavailable = resolve(maxUnavailable, desired, Math.floor);
  if (surge === 0 && unavailable === 0) return { maxSurge: 0, maxUnavailable: Math.min(1, desired) };
  return { maxSurge: surge, maxUnavailable: Math.min(unavailable, desired) };
}

export function isRollingUpdate(deployment: V1Deployment): boolean {
  return deployment.spec?.strategy?.type !== "Recreate";
}

export function desiredReplicas(deployment: V1Deployment): number {
  return deployment.spec?.replicas ?? 1;
}

function resolve(value: IntOrString, total: number, round: (value: number) => number): number {
  if (typeof value === "number") return value;
  return round((Number.parseInt(value, 10) * total) / 100);
}
