import { deepEqual, type Int64 } from "@drydock/apimachinery";
import type { V1Pod } from "@drydock/kube-api";
import { isPodAvailable, isPodReady } from "../../pods/pod-state.ts";
import type { ReplicaCondition, ReplicaOwner, ReplicaStatus } from "./replica-owner.ts";

export interface ReplicaFailure {
  readonly reason: "FailedCreate" | "FailedDelete";
  readonly message: string;
}

/** The status that `pods` (the owner's active pods) justify; undefined when the owner shows it already. */
export function planStatus(
  owner: ReplicaOwner,
  pods: readonly V1Pod[],
  failure: ReplicaFailure | undefined,
  nowMs: number,
): ReplicaStatus | undefined {
  const templateLabels = Object.entries(owner.spec?.template?.metadata?.labels ?? {});
  const isFullyLabeled = ({ metadata }: V1Pod) =>
    templateLabels.every(([key, value]) => metadata.labels?.[key] === value);
  const minReadySeconds = owner.spec?.minReadySeconds ?? 0;
  const conditions = planConditions(owner.status?.conditions, failure, nowMs);
  const status: ReplicaStatus = {
    replicas: pods.length,
    ...positive("fullyLabeledReplicas", pods.filter(isFullyLabeled).length),
    ...positive("readyReplicas", pods.filter(isPodReady).length),
    ...positive("availableReplicas", pods.filter((pod) => isPodAvailable(pod, minReadySeconds, nowMs)).length),
    ...positive("observedGeneration", owner.metadata.generation ?? 0),
    ...(conditions.length > 0 ? { conditions } : {}),
  };
  return deepEqual(status, withoutZeros(owner.status)) ? undefined : status;
}

/** Zero counts are left out, as upstream's encoding does. */
function positive(field: string, value: Int64): Record<string, Int64> {
  return value > 0 ? { [field]: value } : {};
}

function withoutZeros(status: ReplicaStatus | undefined): unknown {
  const entries = Object.entries(status ?? {}).filter(([key, value]) => key === "replicas" || value !== 0);
  return Object.fromEntries(entries);
}

function planConditions(
  current: readonly ReplicaCondition[] | undefined,
  failure: ReplicaFailure | undefined,
  nowMs: number,
): ReplicaCondition[] {
  const others = (current ?? []).filter(({ type }) => type !== "ReplicaFailure");
  if (!failure) return others;
  const existing = current?.find(({ type }) => type === "ReplicaFailure");
  if (existing?.reason === failure.reason) return [...(current ?? [])];
  const lastTransitionTime = `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
  return [...others, { type: "ReplicaFailure", status: "True", lastTransitionTime, ...failure }];
}
