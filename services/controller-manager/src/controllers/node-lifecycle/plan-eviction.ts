import type { V1Pod, V1Taint, V1Toleration } from "@drydock/kube-api";

/** When a pod must leave a node with these taints: at once, at a time, or never. Pure. */
export function planEviction(
  pod: V1Pod,
  taints: readonly V1Taint[],
): { readonly kind: "stay" } | { readonly kind: "leave"; readonly atMs: number } {
  const noExecute = taints.filter(({ effect }) => effect === "NoExecute");
  let atMs = Number.POSITIVE_INFINITY;
  for (const taint of noExecute) {
    const matching = (pod.spec?.tolerations ?? []).filter((toleration) => tolerates(toleration, taint));
    if (matching.length === 0) return { kind: "leave", atMs: 0 };
    const seconds = matching.map(({ tolerationSeconds }) => Number(tolerationSeconds ?? Number.POSITIVE_INFINITY));
    const sinceMs = taint.timeAdded ? Date.parse(taint.timeAdded) : 0;
    atMs = Math.min(atMs, sinceMs + Math.max(0, Math.min(...seconds)) * 1000);
  }
  return Number.isFinite(atMs) ? { kind: "leave", atMs } : { kind: "stay" };
}

export function tolerates({ key, operator, value, effect }: V1Toleration, taint: V1Taint): boolean {
  if (effect && effect !== taint.effect) return false;
  if (key && key !== taint.key) return false;
  return operator === "Exists" || (!key && operator === undefined ? false : (value ?? "") === (taint.value ?? ""));
}
