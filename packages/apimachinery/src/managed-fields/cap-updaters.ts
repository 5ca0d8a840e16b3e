import type { ManagedFields } from "./managers.ts";

/** More updaters than this are taken together: user agents come and go. */
const UPDATERS_MAX = 10;
const ANCIENT_CHANGES = "ancient-changes";

/** The oldest updaters of a version become one as long as there are too many. Appliers are never touched. */
export function capUpdaters(managed: readonly ManagedFields[]): ManagedFields[] {
  const updaters = managed.filter(({ manager, fields }) => manager.operation === "Update" && !fields.isEmpty);
  let excess = updaters.length - UPDATERS_MAX;
  if (excess <= 0) return [...managed];
  const kept = new Set(managed);
  const oldest = new Map<string, ManagedFields>();
  for (const entry of updaters.toSorted(compareAge)) {
    if (excess === 0) break;
    const { apiVersion } = entry.manager;
    const first = oldest.get(apiVersion);
    if (first) {
      kept.delete(first);
      kept.delete(entry);
      excess--;
    }
    const taken = first ? together(first, entry) : entry;
    kept.add(taken);
    oldest.set(apiVersion, taken);
  }
  return [...kept];
}

function together(first: ManagedFields, next: ManagedFields): ManagedFields {
  return {
    manager: { ...next.manager, name: ANCIENT_CHANGES, subresource: "" },
    time: next.time,
    fields: first.fields.union(next.fields),
  };
}

function compareAge(a: ManagedFields, b: ManagedFields): number {
  const [ours, theirs] = [a, b].map(({ manager, time = "" }) => `${time} ${manager.name} ${manager.subresource}`);
  return (ours as string) < (theirs as string) ? -1 : 1;
}
