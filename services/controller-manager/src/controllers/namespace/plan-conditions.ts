import type { V1APIService, V1NamespaceCondition } from "@drydock/kube-api";

type Finding = Pick<V1NamespaceCondition, "type" | "status" | "reason" | "message">;

/** What keeps a namespace that is to go. */
export interface Remains {
  /** As `kind has N resource instances`. */
  readonly left: readonly string[];
  /** How many of them each finalizer keeps. */
  readonly finalizers: ReadonlyMap<string, number>;
  /** Why objects could not be deleted. */
  readonly failed: readonly string[];
  /** As group/version. */
  readonly unknown: readonly string[];
}

/** What a namespace that is to go says of what keeps it. */
export function planConditions(
  before: readonly V1NamespaceCondition[],
  { left, finalizers, failed, unknown }: Remains,
  now: string,
): V1NamespaceCondition[] {
  const found: readonly Finding[] = [
    discovery(unknown),
    PARSED,
    deletion(failed),
    remaining(left),
    keeping(finalizers),
  ];
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

/** Here nothing is parsed that could not be. */
const PARSED: Finding = {
  type: "NamespaceDeletionGroupVersionParsingFailure",
  status: "False",
  reason: "ParsedGroupVersions",
  message: "All legacy kube types successfully parsed",
};

function deletion(failed: readonly string[]): Finding {
  const type = "NamespaceDeletionContentFailure";
  if (failed.length === 0) {
    const message = "All content successfully deleted, may be waiting on finalization";
    return { type, status: "False", reason: "ContentDeleted", message };
  }
  const message = `Failed to delete all resource types, ${failed.length} remaining: ${failed.join(", ")}`;
  return { type, status: "True", reason: "ContentDeletionFailed", message };
}

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
  const message = `Some resources are remaining: ${left.toSorted().join(", ")}`;
  return { type, status: "True", reason: "SomeResourcesRemain", message };
}

function keeping(finalizers: ReadonlyMap<string, number>): Finding {
  const type = "NamespaceFinalizersRemaining";
  if (finalizers.size === 0) {
    const message = "All content-preserving finalizers finished";
    return { type, status: "False", reason: "ContentHasNoFinalizers", message };
  }
  const each = [...finalizers].map(([name, count]) => `${name} in ${count} resource instances`).sort();
  const message = `Some content in the namespace has finalizers remaining: ${each.join(", ")}`;
  return { type, status: "True", reason: "SomeFinalizersRemain", message };
}
