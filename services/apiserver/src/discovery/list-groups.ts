import { type Priority, priorityOf } from "./group-priorities.ts";
import { comparePriority, type ServedGroup, type ServedResource } from "./served-groups.ts";

/** What another server has. */
export interface RemoteGroup {
  readonly name: string;
  readonly version: string;
  readonly priority: Priority;
  readonly freshness: "Current" | "Stale";
  readonly resources: readonly object[];
}

/** One group-version as clients are told of it. */
export interface ListedGroup {
  readonly name: string;
  readonly version: string;
  readonly freshness: "Current" | "Stale";
  /** In the form of aggregated discovery. */
  resources(): readonly object[];
}

/** All group-versions in their order, of this server and of others; where both have one, the other is meant. */
export function listGroups(own: readonly ServedGroup[], remote: readonly RemoteGroup[]) {
  const isRemote = ({ name, version }: ServedGroup) =>
    remote.some((group) => group.name === name && group.version === version);
  const all = [
    ...own
      .filter((group) => !isRemote(group))
      .map((group) => ({
        name: group.name,
        version: group.version,
        priority: priorityOf(group.name, group.version),
        freshness: "Current" as const,
        resources: () => group.resources.map((resource) => resourceDiscovery(group, resource)),
      })),
    ...remote.map((group) => ({ ...group, resources: () => group.resources })),
  ];
  // A group ranks as high as the highest of its versions.
  const highest = new Map<string, number>();
  for (const { name, priority } of all) highest.set(name, Math.max(highest.get(name) ?? 0, priority.group));
  const sorted: readonly ListedGroup[] = all
    .map((group) => ({ ...group, priority: { ...group.priority, group: highest.get(group.name) ?? 0 } }))
    .sort(comparePriority);
  return { core: sorted.filter(({ name }) => name === ""), named: sorted.filter(({ name }) => name !== "") };
}

/** Of kinds that are built in, the group and the version are named only where they are others. */
function resourceDiscovery(own: ServedGroup, resource: ServedResource): object {
  const isNamed = (group: string, version: string) =>
    resource.isCustom || group !== own.name || version !== own.version;
  const responseKind = (group: string, version: string, kind: string) =>
    isNamed(group, version) ? { group, version, kind } : { group: "", version: "", kind };
  return {
    resource: resource.name,
    responseKind: responseKind(own.name, own.version, resource.kind),
    scope: resource.isNamespaced ? "Namespaced" : "Cluster",
    singularResource: resource.singular,
    verbs: resource.verbs,
    ...(resource.shortNames.length > 0 ? { shortNames: resource.shortNames } : {}),
    ...(resource.categories.length > 0 ? { categories: resource.categories } : {}),
    ...(resource.subresources.length > 0
      ? {
          subresources: resource.subresources.map((subresource) => ({
            subresource: subresource.name,
            responseKind: responseKind(subresource.group, subresource.version, subresource.kind),
            verbs: subresource.verbs,
          })),
        }
      : {}),
  };
}
