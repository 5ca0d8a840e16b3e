import type { V1Deployment, V1ReplicaSet } from "@drydock/kube-api";

export interface Scaling {
  readonly replicaSet: V1ReplicaSet;
  readonly replicas: number;
}

export interface RolloutLimits {
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

/** Percentages of the desired count: surge rounds up, unavailable rounds down, and both cannot be nothing. */
export function rolloutLimits({ spec }: V1Deployment): RolloutLimits {
  const desired = spec?.replicas ?? 0;
  if (spec?.strategy?.type === "Recreate") return { maxSurge: 0, maxUnavailable: 0 };
  const { maxSurge = "25%", maxUnavailable = "25%" } = spec?.strategy?.rollingUpdate ?? {};
  const surge = resolve(maxSurge, desired, Math.ceil);
  const unavailable = Math.min(resolve(maxUnavailable, desired, Math.floor), desired);
  return { maxSurge: surge, maxUnavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

function resolve(value: number | string, total: number, round: (value: number) => number): number {
  return typeof value === "number" ? value : round((Number.parseInt(value, 10) * total) / 100);
}

/** The next steps of a rolling update: first more new pods within the surge, then fewer old ones within what may be unavailable. Pure. */
export function planRollingUpdate(
  deployment: V1Deployment,
  newSet: V1ReplicaSet,
  oldSets: readonly V1ReplicaSet[],
): Scaling[] {
  const up = planScaleUp(deployment, newSet, oldSets);
  return up ? [up] : planScaleDown(deployment, newSet, oldSets);
}

function planScaleUp(
  deployment: V1Deployment,
  newSet: V1ReplicaSet,
  oldSets: readonly V1ReplicaSet[],
): Scaling | undefined {
  const desired = deployment.spec?.replicas ?? 0;
  const current = specReplicas(newSet);
  if (current === desired) return undefined;
  if (current > desired) return { replicaSet: newSet, replicas: desired };
  const total = sum([newSet, ...oldSets], specReplicas);
  const room = desired + rolloutLimits(deployment).maxSurge - total;
  if (room <= 0) return undefined;
  return { replicaSet: newSet, replicas: current + Math.min(room, desired - current) };
}

function planScaleDown(deployment: V1Deployment, newSet: V1ReplicaSet, oldSets: readonly V1ReplicaSet[]): Scaling[] {
  const desired = deployment.spec?.replicas ?? 0;
  const all = [newSet, ...oldSets];
  const minAvailable = desired - rolloutLimits(deployment).maxUnavailable;
  const newUnavailable = specReplicas(newSet) - available(newSet);
  // Pods that are on their way but not available yet may still fail: they do not count as room.
  const spare = sum(all, specReplicas) - minAvailable - newUnavailable;
  if (spare <= 0) return [];
  const cleaned = planCleanUp(oldSets, spare);
  const replicasNow = (set: V1ReplicaSet) =>
    cleaned.find(({ replicaSet }) => replicaSet === set)?.replicas ?? specReplicas(set);
  let mayGo = sum(all, available) - minAvailable;
  const result = new Map<V1ReplicaSet, number>(cleaned.map(({ replicaSet, replicas }) => [replicaSet, replicas]));
  for (const set of oldSets) {
    const goes = Math.min(Math.max(0, mayGo), replicasNow(set));
    if (goes === 0) continue;
    mayGo -= goes;
    result.set(set, replicasNow(set) - goes);
  }
  return [...result].map(([replicaSet, replicas]) => ({ replicaSet, replicas }));
}

/** Old pods that are not healthy go first: they serve nobody, and a broken rollout is healed by it. */
function planCleanUp(oldSets: readonly V1ReplicaSet[], spare: number): Scaling[] {
  const scalings: Scaling[] = [];
  let left = spare;
  for (const set of oldSets) {
    const goes = Math.min(left, Math.max(0, specReplicas(set) - available(set)));
    if (goes === 0) continue;
    left -= goes;
    scalings.push({ replicaSet: set, replicas: specReplicas(set) - goes });
  }
  return scalings;
}

/** When the desired count changes in the middle of a rollout, all sets share the change by their size. Pure. */
export function planProportional(deployment: V1Deployment, active: readonly V1ReplicaSet[]): Scaling[] {
  const desired = deployment.spec?.replicas ?? 0;
  const allowed = desired > 0 ? desired + rolloutLimits(deployment).maxSurge : 0;
  const total = sum(active, specReplicas);
  let left = allowed - total;
  if (left === 0 || total === 0) return [];
  const bySize = [...active].sort((a, b) => specReplicas(b) - specReplicas(a));
  return bySize.flatMap((set, index) => {
    const share = index === bySize.length - 1 ? left : Math.trunc((specReplicas(set) * (allowed - total)) / total);
    left -= share;
    const replicas = Math.max(0, specReplicas(set) + share);
    return replicas === specReplicas(set) ? [] : [{ replicaSet: set, replicas }];
  });
}

export function specReplicas({ spec }: V1ReplicaSet): number {
  return spec?.replicas ?? 0;
}

export function available({ status }: V1ReplicaSet): number {
  return status?.availableReplicas ?? 0;
}

export function sum(sets: readonly V1ReplicaSet[], of: (set: V1ReplicaSet) => number): number {
  return sets.reduce((total, set) => total + of(set), 0);
}
