import type { V1Deployment, V1DeploymentCondition, V1DeploymentStatus } from "@drydock/kube-api";
import {
  type ConditionChange,
  conditionOf,
  withCondition,
  withoutCondition,
  withRenewedCondition,
} from "./conditions.ts";
import { desiredReplicas, resolveFenceposts } from "./fenceposts.ts";
import { allSets, availableOf, type RolloutView, sizeOf, sum } from "./rollout-view.ts";

/** Go's MaxInt32: no deadline. */
const NO_DEADLINE = 2_147_483_647;

/** The status that the ReplicaSets justify. `note` is what this pass did itself (made a ReplicaSet, failed to make one). */
export function planStatus(view: RolloutView, note: ConditionChange | undefined, nowMs: number): V1DeploymentStatus {
  const { deployment } = view;
  const status = countReplicas(view);
  let conditions = withCondition(deployment.status?.conditions ?? [], availability(deployment, status), nowMs);
  conditions = planProgressing(view, status, conditions, note, nowMs);
  const failure = replicaFailure(view);
  conditions = failure ? withCondition(conditions, failure, nowMs) : withoutCondition(conditions, "ReplicaFailure");
  return { ...status, conditions };
}

/** When to look again so that a missed progress deadline is noticed; undefined when none is running. */
export function deadlineInMs(deployment: V1Deployment, status: V1DeploymentStatus, nowMs: number): number | undefined {
  const condition = conditionOf(status.conditions, "Progressing");
  const isOver = condition?.reason === "NewReplicaSetAvailable" || condition?.reason === "ProgressDeadlineExceeded";
  if (!condition || !hasDeadline(deployment) || isOver || deployment.spec?.paused) return undefined;
  return Math.max(0, deadlineMs(deployment, condition) - nowMs) + 1000;
}

function countReplicas(view: RolloutView): V1DeploymentStatus {
  const { deployment, newSet } = view;
  const sets = allSets(view);
  const available = sum(sets, availableOf);
  const counts = {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: sum(sets, (set) => set.status?.replicas ?? 0),
    updatedReplicas: newSet?.status?.replicas ?? 0,
    readyReplicas: sum(sets, (set) => set.status?.readyReplicas ?? 0),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, sum(sets, sizeOf) - available),
  };
  const present = Object.entries(counts).filter(([, value]) => value !== 0);
  const collisionCount = deployment.status?.collisionCount;
  return { ...Object.fromEntries(present), ...(collisionCount === undefined ? {} : { collisionCount }) };
}

function availability(deployment: V1Deployment, status: V1DeploymentStatus): ConditionChange {
  const least = desiredReplicas(deployment) - resolveFenceposts(deployment).maxUnavailable;
  return (status.availableReplicas ?? 0) >= least
    ? {
        type: "Available",
        status: "True",
        reason: "MinimumReplicasAvailable",
        message: "Deployment has minimum availability.",
      }
    : {
        type: "Available",
        status: "False",
        reason: "MinimumReplicasUnavailable",
        message: "Deployment does not have minimum availability.",
      };
}

function planProgressing(
  view: RolloutView,
  status: V1DeploymentStatus,
  current: readonly V1DeploymentCondition[],
  note: ConditionChange | undefined,
  nowMs: number,
): V1DeploymentCondition[] {
  const { deployment } = view;
  if (!hasDeadline(deployment)) return withoutCondition(current, "Progressing");
  let conditions = planPause(deployment, current, nowMs);
  if (note) conditions = withCondition(conditions, note, nowMs);
  if (deployment.spec?.paused) return conditions;
  const condition = conditionOf(conditions, "Progressing");
  const wasComplete =
    condition?.reason === "NewReplicaSetAvailable" && (status.replicas ?? 0) === (status.updatedReplicas ?? 0);
  if (wasComplete) return conditions;
  const subject = view.newSet
    ? `ReplicaSet "${view.newSet.metadata.name}"`
    : `Deployment "${deployment.metadata.name}"`;
  if (isComplete(deployment, status)) return withCondition(conditions, complete(subject), nowMs);
  if (hasProgressed(deployment.status, status)) return withRenewedCondition(conditions, progressing(subject), nowMs);
  if (condition && hasTimedOut(deployment, condition, nowMs))
    return withCondition(conditions, timedOut(subject), nowMs);
  return conditions;
}

/** A deadline that was missed stays missed while paused. */
function planPause(
  deployment: V1Deployment,
  conditions: readonly V1DeploymentCondition[],
  nowMs: number,
): V1DeploymentCondition[] {
  const reason = conditionOf(conditions, "Progressing")?.reason;
  if (reason === "ProgressDeadlineExceeded") return [...conditions];
  if (deployment.spec?.paused && reason !== "DeploymentPaused")
    return withCondition(conditions, pause("DeploymentPaused", "Deployment is paused"), nowMs);
  if (!deployment.spec?.paused && reason === "DeploymentPaused")
    return withCondition(conditions, pause("DeploymentResumed", "Deployment is resumed"), nowMs);
  return [...conditions];
}

const pause = (reason: string, message: string): ConditionChange => ({
  type: "Progressing",
  status: "Unknown",
  reason,
  message,
});

const complete = (subject: string): ConditionChange => ({
  type: "Progressing",
  status: "True",
  reason: "NewReplicaSetAvailable",
  message: `${subject} has successfully progressed.`,
});

const progressing = (subject: string): ConditionChange => ({
  type: "Progressing",
  status: "True",
  reason: "ReplicaSetUpdated",
  message: `${subject} is progressing.`,
});

const timedOut = (subject: string): ConditionChange => ({
  type: "Progressing",
  status: "False",
  reason: "ProgressDeadlineExceeded",
  message: `${subject} has timed out progressing.`,
});

function isComplete(deployment: V1Deployment, status: V1DeploymentStatus): boolean {
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0 } = status;
  return [updatedReplicas, replicas, availableReplicas].every((count) => count === desiredReplicas(deployment));
}

function hasProgressed(before: V1DeploymentStatus = {}, now: V1DeploymentStatus): boolean {
  const grew = (field: "updatedReplicas" | "readyReplicas" | "availableReplicas") =>
    (now[field] ?? 0) > (before[field] ?? 0);
  const old = (status: V1DeploymentStatus) => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return grew("updatedReplicas") || grew("readyReplicas") || grew("availableReplicas") || old(now) < old(before);
}

function hasTimedOut(deployment: V1Deployment, condition: V1DeploymentCondition, nowMs: number): boolean {
  if (condition.reason === "ProgressDeadlineExceeded") return true;
  if (condition.reason === "NewReplicaSetAvailable") return false;
  return nowMs > deadlineMs(deployment, condition);
}

function deadlineMs(deployment: V1Deployment, condition: V1DeploymentCondition): number {
  const sinceMs = Date.parse(condition.lastUpdateTime ?? condition.lastTransitionTime ?? "");
  return sinceMs + (deployment.spec?.progressDeadlineSeconds ?? 600) * 1000;
}

function hasDeadline(deployment: V1Deployment): boolean {
  const seconds = deployment.spec?.progressDeadlineSeconds;
  return seconds !== undefined && seconds !== NO_DEADLINE;
}

/** The new ReplicaSet's trouble if it has any, else an old one's. */
function replicaFailure(view: RolloutView): ConditionChange | undefined {
  for (const set of [...(view.newSet ? [view.newSet] : []), ...view.oldSets]) {
    const condition = set.status?.conditions?.find(({ type }) => type === "ReplicaFailure");
    if (condition)
      return {
        type: "ReplicaFailure",
        status: condition.status as "True" | "False" | "Unknown",
        reason: condition.reason ?? "",
        message: condition.message ?? "",
      };
  }
  return undefined;
}
