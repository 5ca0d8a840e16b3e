import { desiredReplicas, isRollingUpdate } from "./fenceposts.ts";
import { planCleanup } from "./plan-cleanup.ts";
import { isSizedFor, planNewReplicaSet, planRevision } from "./plan-new-replica-set.ts";
import { planRecreate } from "./plan-recreate.ts";
import { planRollingUpdate } from "./plan-rolling-update.ts";
import { planScale } from "./plan-scale.ts";
import { allSets, type ReplicaSetWrite, type RolloutView } from "./rollout-view.ts";

/** The next writes of a rollout; none when it is where it should be or has to wait. Each ReplicaSet appears at most once. */
export function planRollout(view: RolloutView, hasOldPods: boolean): readonly ReplicaSetWrite[] {
  const { deployment, newSet } = view;
  if (deployment.metadata.deletionTimestamp) return [];
  const revision = planRevision(view);
  if (revision.length > 0) return revision;
  const isPaused = deployment.spec?.paused === true;
  if (isPaused || !isSizedFor(deployment, allSets(view))) {
    const scale = planScale(view);
    if (scale.length > 0 || isPaused) return scale.length > 0 ? scale : planCleanup(view);
  }
  const steps = planStrategy(view, hasOldPods);
  if (steps.length > 0 || !newSet) return steps;
  return isComplete(view) ? planCleanup(view) : [];
}

function planStrategy(view: RolloutView, hasOldPods: boolean): ReplicaSetWrite[] {
  if (!isRollingUpdate(view.deployment)) return planRecreate(view, hasOldPods);
  return view.newSet ? planRollingUpdate({ ...view, newSet: view.newSet }) : [planNewReplicaSet(view)];
}

function isComplete({ deployment }: RolloutView): boolean {
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0, observedGeneration = 0 } = deployment.status ?? {};
  const desired = desiredReplicas(deployment);
  const isCurrent = observedGeneration >= (deployment.metadata.generation ?? 0);
  return isCurrent && [updatedReplicas, replicas, availableReplicas].every((count) => count === desired);
}
