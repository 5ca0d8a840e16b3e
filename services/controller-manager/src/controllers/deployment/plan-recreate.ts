import { desiredReplicas } from "./fenceposts.ts";
import { planNewReplicaSet } from "./plan-new-replica-set.ts";
import { resize } from "./resize.ts";
import { activeSets, type ReplicaSetWrite, type RolloutView } from "./rollout-view.ts";

/** All old replicas go first; only when no old pod is left (`hasOldPods`) do new ones come. */
export function planRecreate(view: RolloutView, hasOldPods: boolean): ReplicaSetWrite[] {
  const { deployment, newSet, oldSets } = view;
  const old = activeSets(oldSets);
  if (old.length > 0) return old.flatMap((set) => resize(deployment, set, 0));
  if (hasOldPods) return [];
  return newSet ? resize(deployment, newSet, desiredReplicas(deployment)) : [planNewReplicaSet(view)];
}
