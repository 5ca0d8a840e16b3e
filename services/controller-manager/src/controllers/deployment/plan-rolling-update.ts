import type { V1Deployment, V1ReplicaSet } from "@drydock/kube-api";
import { desiredReplicas, isRollingUpdate, resolveFenceposts } from "./fenceposts.ts";
import { resize } from "./resize.ts";
import {
  activeSets,
  allSets,
  availableOf,
  type ReplicaSetWrite,
  type RolloutView,
  sizeOf,
  sum,
} from "./rollout-view.ts";

/**
 * One step of a rolling update: the new ReplicaSet grows as far as maxSurge allows, or else the old ones shrink as far as
 * maxUnavailable allows, unhealthy replicas first. `newSet` must exist.
 */
export function planRollingUpdate(view: RolloutView & { newSet: V1ReplicaSet }): ReplicaSetWrite[] {
  const { deployment, newSet, oldSets } = view;
  const size = newSetSize(deployment, sizeOf(newSet), oldSets.map(sizeOf));
  if (size !== sizeOf(newSet)) return resize(deployment, newSet, size);
  return planOldSets(view);
}

/** The size the new ReplicaSet may have now. */
export function newSetSize(deployment: V1Deployment, current: number, oldSizes: readonly number[]): number {
  const desired = desiredReplicas(deployment);
  if (!isRollingUpdate(deployment) || current > desired) return desired;
  const total = current + oldSizes.reduce((a, b) => a + b, 0);
  const room = desired + resolveFenceposts(deployment).maxSurge - total;
  return room <= 0 ? current : current + Math.min(room, desired - current);
}

function planOldSets(view: RolloutView & { newSet: V1ReplicaSet }): ReplicaSetWrite[] {
  const { deployment, newSet, oldSets } = view;
  const old = activeSets(oldSets);
  if (old.length === 0) return [];
  const minAvailable = desiredReplicas(deployment) - resolveFenceposts(deployment).maxUnavailable;
  const newUnavailable = sizeOf(newSet) - availableOf(newSet);
  const mayGo = sum(allSets(view), sizeOf) - minAvailable - newUnavailable;
  if (mayGo <= 0) return [];
  const sizes = new Map(old.map((set) => [set, sizeOf(set)]));
  shrinkUnhealthy(sizes, mayGo);
  shrinkHealthy(sizes, sum(allSets(view), availableOf) - minAvailable);
  return [...sizes].flatMap(([set, size]) => (size === sizeOf(set) ? [] : resize(deployment, set, size)));
}

/** Replicas that serve nobody cost no availability, and would otherwise block the rollout that mends them. */
function shrinkUnhealthy(sizes: Map<V1ReplicaSet, number>, limit: number): void {
  let left = limit;
  for (const [set, size] of sizes) {
    const count = Math.min(left, Math.max(0, size - availableOf(set)));
    sizes.set(set, size - count);
    left -= count;
  }
}

function shrinkHealthy(sizes: Map<V1ReplicaSet, number>, limit: number): void {
  let left = limit;
  for (const [set, size] of sizes) {
    if (left <= 0) return;
    const count = Math.min(left, size);
    sizes.set(set, size - count);
    left -= count;
  }
}
