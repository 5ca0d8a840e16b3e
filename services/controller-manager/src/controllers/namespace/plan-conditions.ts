import type { V1APIService, V1NamespaceCondition } from "@drydock/kube-api";

type Finding = Pick<V1NamespaceCondition, "type" | "status" | "reason" | "message">;

/** What a namespace that is to go says of what keeps it; `left` as `kind has N resource instances`, `unknown` as group/version. */
export function planConditions(
  before: readonly V1NamespaceCondition[],
  left: readonly string[],
  unknown: readonly string[],
  now: string,
): V1NamespaceCondition[] {
  const found: readonly Finding[] = [discovery(unknown), CONTENT_DELETED, remaining(left)];
  return found.map((finding) => {
    const old = before.find(({ type }) => type === finding.type);
    const isSame = old?.status === finding.status;
    return { ...finding, lastTransitionTime: (isSame && old?.lastTransitionTime) || now };
  });
}

/** The group-versions of other servers that cannot be asked now what they have in a namespace. */
export function unknownGroups(apiServices: readonly V1APIService[]): string[] {
  return apiServices
    .filter(({ spec, status }) => {
      const available = status?.conditions?.find(({ type }) => type === "Available");
      return spec?.service !== undefined && available?.status !== "True";
    })
    .map(({ spec }) => `${spec?.group}/${spec?.version}`)
    .sort();
}

const CONTENT_DELETED: Finding = {
  type: "NamespaceDeletionContentFailure",
  status: "False",
  reason: "ContentDeleted",
  message: "All content successfully deleted, may be waiting on finalization",
};

function discovery(unknown: readonly string[]): Finding {
  const type = "NamespaceDeletionDiscoveryFailure";
  if (unknown.length === 0)
    return { type, status: "False", reason: "ResourcesDiscovered", message: "All resources successfully discovered" };
  const each = unknown.map((group) => `${group}: stale GroupVersion discovery: ${group}`).join(", ");
  const why = `unable to retrieve the complete list of server APIs: ${each}`;
  const message = `Discovery failed for some groups, ${unknown.length} failing: ${why}`;
  return { type, status: "True", reason: "DiscoveryFailed", message };
}

function remaining(left: readonly string[]): Finding {
  const type = "NamespaceContentRemaining";
  if (left.length === 0)
    return { type, status: "False", reason: "ContentRemoved", message: "All content successfully removed" };
  const message = `Some resources are remaining: ${left.join(", ")}`;
  return { type, status: "True", reason: "SomeResourcesRemain", message };
}
