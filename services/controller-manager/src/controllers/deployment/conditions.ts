import type { V1DeploymentCondition } from "@drydock/kube-api";

export interface ConditionChange {
  readonly type: "Available" | "Progressing" | "ReplicaFailure";
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
}

export const conditionOf = (conditions: readonly V1DeploymentCondition[] | undefined, type: string) =>
  conditions?.find((condition) => condition.type === type);

/** Same status and reason: nothing changes, not even the message. Same status: the transition time stays. */
export function withCondition(
  conditions: readonly V1DeploymentCondition[],
  change: ConditionChange,
  nowMs: number,
): V1DeploymentCondition[] {
  const current = conditionOf(conditions, change.type);
  if (current?.status === change.status && current.reason === change.reason) return [...conditions];
  return [...withoutCondition(conditions, change.type), stamp(change, current, nowMs)];
}

/** As `withCondition`, but always says that something just happened: the progress deadline counts from `lastUpdateTime`. */
export function withRenewedCondition(
  conditions: readonly V1DeploymentCondition[],
  change: ConditionChange,
  nowMs: number,
): V1DeploymentCondition[] {
  const current = conditionOf(conditions, change.type);
  return [...withoutCondition(conditions, change.type), stamp(change, current, nowMs)];
}

export function withoutCondition(conditions: readonly V1DeploymentCondition[], type: string): V1DeploymentCondition[] {
  return conditions.filter((condition) => condition.type !== type);
}

function stamp(
  change: ConditionChange,
  current: V1DeploymentCondition | undefined,
  nowMs: number,
): V1DeploymentCondition {
  const now = `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
  const isSameStatus = current?.status === change.status;
  return {
    ...change,
    lastUpdateTime: now,
    lastTransitionTime: isSameStatus ? (current?.lastTransitionTime ?? now) : now,
  };
}
