import type { V1FlowSchema, V1FlowSchemaCondition } from "@drydock/kube-api";

/** The condition that says whether a schema names a level that is there; undefined when it says so already. */
export function planDangling(
  { spec, status }: V1FlowSchema,
  hasLevel: (name: string) => boolean,
): Omit<V1FlowSchemaCondition, "lastTransitionTime"> | undefined {
  const name = spec?.priorityLevelConfiguration.name ?? "";
  const isThere = hasLevel(name);
  const reference = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(name)}`;
  const wanted = {
    type: "Dangling",
    status: isThere ? "False" : "True",
    reason: isThere ? "Found" : "NotFound",
    message: `${reference} ${isThere ? "and it exists" : "but there is no such object"}`,
  };
  const current = status?.conditions?.find(({ type }) => type === wanted.type);
  const isSame =
    current?.status === wanted.status && current.reason === wanted.reason && current.message === wanted.message;
  return isSame ? undefined : wanted;
}
