import type { V1Deployment, V1ReplicaSet } from "@drydock/kube-api";
import { desiredAnnotation, maxAnnotation, numberAnnotation } from "./annotations.ts";
import { desiredReplicas, isRollingUpdate, resolveFenceposts } from "./fenceposts.ts";
import { resize } from "./resize.ts";
import {
  activeSets,
  allSets,
  availableOf,
  byAge,
  type ReplicaSetWrite,
  type RolloutView,
  sizeOf,
  sum,
} from "./rollout-view.ts";

/**
 * Follows a change of `spec.replicas` without moving a rollout on: one active ReplicaSet takes it all; in the middle of a rollout
 * each gets its share in proportion, so that a bad new version does not get all of the growth.
 */
export function planScale(view: RolloutView): ReplicaSetWrite[] {
  const { deployment, newSet, oldSets } = view;
  const only = activeOrLatest(view);
  if (only) return resize(deployment, only, desiredReplicas(deployment));
  if (newSet && isSaturated(deployment, newSet))
    return activeSets(oldSets).flatMap((set) => resize(deployment, set, 0));
  return isRollingUpdate(deployment) ? planProportions(view) : [];
}

/** The one ReplicaSet that scaling concerns, or undefined while several are active. */
function activeOrLatest(view: RolloutView): V1ReplicaSet | undefined {
  const active = activeSets(allSets(view));
  if (active.length > 1) return undefined;
  return active[0] ?? view.newSet ?? view.oldSets.at(-1);
}

function isSaturated(deployment: V1Deployment, newSet: V1ReplicaSet): boolean {
  const desired = desiredReplicas(deployment);
  return (
    numberAnnotation(newSet, desiredAnnotation) === desired &&
    sizeOf(newSet) === desired &&
    availableOf(newSet) === desired
  );
}

function planProportions(view: RolloutView): ReplicaSetWrite[] {
  const { deployment } = view;
  const active = activeSets(allSets(view));
  const desired = desiredReplicas(deployment);
  const allowed = desired > 0 ? desired + resolveFenceposts(deployment).maxSurge : 0;
  const toAdd = allowed - sum(active, sizeOf);
  const newerFirst = toAdd > 0 ? -1 : 1;
  active.sort((a, b) => sizeOf(b) - sizeOf(a) || newerFirst * byAge(a, b));
  let added = 0;
  const sizes = active.map((set) => {
    const share = toAdd === 0 ? 0 : clampShare(fraction(deployment, set), toAdd - added);
    added += share;
    return sizeOf(set) + share;
  });
  // Rounding leaves a few over: the largest takes them.
  if (toAdd !== 0) sizes[0] = Math.max(0, (sizes[0] ?? 0) + toAdd - added);
  return active.flatMap((set, index) => resize(deployment, set, sizes[index] ?? 0));
}

function clampShare(share: number, left: number): number {
  return left > 0 ? Math.min(share, left) : Math.max(share, left);
}

/** What the set's size would change by if every set grew in proportion. */
function fraction(deployment: V1Deployment, set: V1ReplicaSet): number {
  const desired = desiredReplicas(deployment);
  if (desired === 0) return -sizeOf(set);
  const before = numberAnnotation(set, maxAnnotation) || deployment.status?.replicas || sizeOf(set);
  return Math.round((sizeOf(set) * (desired + resolveFenceposts(deployment).maxSurge)) / before) - sizeOf(set);
}
