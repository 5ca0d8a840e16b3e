import type { V1CustomResourceDefinition, V1CustomResourceDefinitionCondition } from "@drydock/kube-api";

/** Sets a condition in place; its time of transition moves with its status only. */
export function setCondition(
  crd: V1CustomResourceDefinition,
  condition: Omit<V1CustomResourceDefinitionCondition, "lastTransitionTime">,
  now: string,
): void {
  const conditions = crd.status?.conditions ?? [];
  const old = conditions.find(({ type }) => type === condition.type);
  const lastTransitionTime = old?.status === condition.status ? (old.lastTransitionTime ?? now) : now;
  const next = { lastTransitionTime, ...condition };
  crd.status = {
    ...crd.status,
    conditions: old ? conditions.map((other) => (other === old ? next : other)) : [...conditions, next],
  };
}
