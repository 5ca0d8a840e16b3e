import { revisionOf } from "./annotations.ts";
import { type ReplicaSetWrite, type RolloutView, sizeOf } from "./rollout-view.ts";

/** Deletes old, empty ReplicaSets beyond `revisionHistoryLimit`, lowest revision first. */
export function planCleanup(view: RolloutView): ReplicaSetWrite[] {
  const limit = view.deployment.spec?.revisionHistoryLimit;
  if (limit === undefined) return [];
  const alive = view.oldSets.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return [...alive]
    .sort((a, b) => (revisionOf(a) < revisionOf(b) ? -1 : 1))
    .slice(0, Math.max(0, alive.length - limit))
    .filter(
      (set) =>
        sizeOf(set) === 0 &&
        (set.status?.replicas ?? 0) === 0 &&
        (set.metadata.generation ?? 0) <= (set.status?.observedGeneration ?? 0),
    )
    .map((replicaSet) => ({ kind: "delete", replicaSet }));
}
