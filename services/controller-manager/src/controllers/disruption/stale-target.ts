import type { V1Pod } from "@drydock/kube-api";
import { isPodTerminal, podCondition } from "../../pods/pod-state.ts";

const TIMEOUT_MS = 2 * 60 * 1000;
const TARGET = "DisruptionTarget";

/**
 * Who wants to remove a pod says so in a condition first. How long that may stand while the pod is not being deleted, 0 or less when
 * it has stood too long; undefined if it does not stand. What a kubelet has said stays: its pods end in their own time.
 */
export function targetStaleInMs(pod: V1Pod, nowMs: number): number | undefined {
  const condition = podCondition(pod, TARGET);
  if (condition?.status !== "True" || condition.reason === "TerminationByKubelet") return undefined;
  if (pod.metadata.deletionTimestamp || isPodTerminal(pod)) return undefined;
  return Date.parse(condition.lastTransitionTime ?? "") + TIMEOUT_MS - nowMs;
}

/** The pod with that condition taken back. */
export function withoutTarget(pod: V1Pod, nowMs: number): V1Pod {
  const lastTransitionTime = `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
  const conditions = (pod.status?.conditions ?? []).map((condition) =>
    condition.type === TARGET ? { type: TARGET, status: "False", lastTransitionTime } : condition,
  );
  return { ...pod, status: { ...pod.status, conditions } };
}
