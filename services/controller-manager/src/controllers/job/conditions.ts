import type { V1JobCondition } from "@drydock/kube-api";

export function formatTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

export function jobCondition(
  type: string,
  status: "True" | "False",
  reason: string,
  message: string,
  nowMs: number,
): V1JobCondition {
  const now = formatTime(nowMs);
  return { type, status, lastProbeTime: now, lastTransitionTime: now, reason, message };
}

/** The list with `condition` in it: unchanged (the same array) if it says so already, or says nothing and should say no. */
export function withCondition(list: V1JobCondition[], condition: V1JobCondition): V1JobCondition[] {
  const index = list.findIndex(({ type }) => type === condition.type);
  const existing = list[index];
  if (!existing) return condition.status === "False" ? list : [...list, condition];
  const { status, reason, message } = existing;
  if (status === condition.status && reason === condition.reason && message === condition.message) return list;
  return list.with(index, condition);
}
