import type { V1Deployment, V1DeploymentCondition, V1DeploymentStatus, V1ReplicaSet } from "@drydock/kube-api";
import { available, rolloutLimits, specReplicas, sum } from "./plan-rollout.ts";

/** Status of a deployment and the conditions that `rollout status` reads. Pure; transition times of what stays are kept. */
export function deploymentStatus(
  deployment: V1Deployment,
  newSet: V1ReplicaSet | undefined,
  sets: readonly V1ReplicaSet[],
  nowMs: number,
): V1DeploymentStatus {
  const status = (set: V1ReplicaSet) => set.status?.replicas ?? 0;
  const replicas = sum(sets, status);
  const availableReplicas = sum(sets, available);
  const counts = {
    replicas,
    updatedReplicas: newSet ? status(newSet) : 0,
    readyReplicas: sum(sets, (set) => set.status?.readyReplicas ?? 0),
    availableReplicas,
    unavailableReplicas: Math.max(0, sum(sets, specReplicas) - availableReplicas),
  };
  const present = Object.fromEntries(Object.entries(counts).filter(([, value]) => value > 0));
  return {
    ...present,
    ...(deployment.metadata.generation === undefined ? {} : { observedGeneration: deployment.metadata.generation }),
    ...(deployment.status?.collisionCount ? { collisionCount: deployment.status.collisionCount } : {}),
    conditions: conditions(deployment, newSet, sets, counts, nowMs),
  };
}

type Counts = { replicas: number; updatedReplicas: number; availableReplicas: number; readyReplicas: number };

function conditions(
  deployment: V1Deployment,
  newSet: V1ReplicaSet | undefined,
  sets: readonly V1ReplicaSet[],
  counts: Counts,
  nowMs: number,
): V1DeploymentCondition[] {
  const desired = deployment.spec?.replicas ?? 0;
  const minAvailable = desired - rolloutLimits(deployment).maxUnavailable;
  const isAvailable = counts.availableReplicas >= minAvailable;
  const result = [
    make(
      deployment,
      isAvailable
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
          },
      nowMs,
    ),
  ];
  const progressing = progress(deployment, newSet, counts, nowMs);
  if (progressing) result.push(progressing);
  const failure = sets
    .flatMap(({ status }) => status?.conditions ?? [])
    .find(({ type, status }) => type === "ReplicaFailure" && status === "True");
  if (failure)
    result.push(
      make(
        deployment,
        { type: "ReplicaFailure", status: "True", reason: failure.reason ?? "", message: failure.message ?? "" },
        nowMs,
      ),
    );
  return result;
}

/** Complete, moving, or stuck for longer than the deadline allows. */
function progress(
  deployment: V1Deployment,
  newSet: V1ReplicaSet | undefined,
  counts: Counts,
  nowMs: number,
): V1DeploymentCondition | undefined {
  const { spec, status, metadata } = deployment;
  const old = status?.conditions?.find(({ type }) => type === "Progressing");
  if (spec?.progressDeadlineSeconds === undefined) return undefined;
  if (spec.paused)
    return make(
      deployment,
      { type: "Progressing", status: "Unknown", reason: "DeploymentPaused", message: "Deployment is paused" },
      nowMs,
    );
  const name = newSet
    ? `ReplicaSet ${JSON.stringify(newSet.metadata.name)}`
    : `Deployment ${JSON.stringify(metadata.name)}`;
  if (isComplete(deployment, counts)) {
    return make(
      deployment,
      {
        type: "Progressing",
        status: "True",
        reason: "NewReplicaSetAvailable",
        message: `${name} has successfully progressed.`,
      },
      nowMs,
    );
  }
  const hasMoved =
    counts.updatedReplicas > (status?.updatedReplicas ?? 0) ||
    counts.replicas - counts.updatedReplicas < (status?.replicas ?? 0) - (status?.updatedReplicas ?? 0) ||
    counts.readyReplicas > (status?.readyReplicas ?? 0) ||
    counts.availableReplicas > (status?.availableReplicas ?? 0);
  const wasDone = old?.reason === "NewReplicaSetAvailable" || old?.reason === "DeploymentPaused";
  if (hasMoved || !old || wasDone) {
    return make(
      deployment,
      { type: "Progressing", status: "True", reason: "ReplicaSetUpdated", message: `${name} is progressing.` },
      nowMs,
      true,
    );
  }
  const isLate = nowMs - Date.parse(old.lastUpdateTime ?? "") > spec.progressDeadlineSeconds * 1000;
  if (old.reason === "ProgressDeadlineExceeded" || !isLate) return old;
  return make(
    deployment,
    {
      type: "Progressing",
      status: "False",
      reason: "ProgressDeadlineExceeded",
      message: `${name} has timed out progressing.`,
    },
    nowMs,
  );
}

export function isComplete({ spec, status, metadata }: V1Deployment, counts: Counts): boolean {
  const desired = spec?.replicas ?? 0;
  const isObserved =
    (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0) || status?.observedGeneration === undefined;
  return (
    counts.updatedReplicas === desired &&
    counts.replicas === desired &&
    counts.availableReplicas === desired &&
    isObserved
  );
}

function make(
  deployment: V1Deployment,
  condition: Omit<V1DeploymentCondition, "lastTransitionTime" | "lastUpdateTime">,
  nowMs: number,
  touch = false,
): V1DeploymentCondition {
  const old = deployment.status?.conditions?.find(({ type }) => type === condition.type);
  const now = `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
  const isSame = old?.status === condition.status && old?.reason === condition.reason;
  return {
    ...condition,
    lastUpdateTime: isSame && !touch && old?.lastUpdateTime ? old.lastUpdateTime : now,
    lastTransitionTime: old?.status === condition.status && old.lastTransitionTime ? old.lastTransitionTime : now,
  };
}
