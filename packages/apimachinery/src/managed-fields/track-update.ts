import type { KubeObject, ManagedFieldsEntry } from "../meta.ts";
import { capUpdaters } from "./cap-updaters.ts";
import { type Changes, changesInOwnVersion, changesInVersions } from "./changes.ts";
import { FieldSet } from "./field-set.ts";
import type { Comparison } from "./fields-of-value.ts";
import {
  isSameManager,
  type ManagedFields,
  type Manager,
  parseManagedFields,
  renderManagedFields,
} from "./managers.ts";
import type { Tracking } from "./tracking.ts";

/** What nobody owns: the server's own part of metadata, and what names the object. */
const unowned: FieldSet = [
  FieldSet.ofFields("apiVersion"),
  FieldSet.ofFields("kind"),
  ...[
    "name",
    "namespace",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "selfLink",
    "uid",
    "clusterName",
    "generation",
    "managedFields",
    "resourceVersion",
  ].map((name) => FieldSet.ofFields("metadata", name)),
].reduce((all, one) => all.union(one));

/** The paths that a manager may own of a set. */
export function ownable(fields: FieldSet, { reset }: Pick<Tracking, "reset">): FieldSet {
  return fields.recursiveDifference(unowned).recursiveDifference(reset);
}

/**
 * metadata.managedFields after a create (`before` undefined) or an update: what changed belongs to the one who changed it, and no longer to others.
 * What the update itself says about owners is the basis, if it is sound. Objects that are not tracked stay so. Only managers who speak
 * another version make it wait.
 */
export function trackUpdate(
  before: KubeObject | undefined,
  after: KubeObject,
  tracking: Tracking,
): ManagedFieldsEntry[] | Promise<ManagedFieldsEntry[]> {
  const managed = basisOf(before, after);
  if (before && managed.length === 0) return [];
  const versions = managed.map(({ manager }) => manager.apiVersion);
  if (versions.every((apiVersion) => apiVersion === tracking.manager.apiVersion))
    return entriesAfter(managed, changesInOwnVersion(before, after, tracking), tracking);
  const changes = changesInVersions(before, after, tracking, versions);
  return changes.then((seen) => entriesAfter(managed, seen, tracking));
}

function entriesAfter(managed: readonly ManagedFields[], changes: Changes, tracking: Tracking): ManagedFieldsEntry[] {
  const others = withoutChanged(managed, changes, tracking.manager);
  const previous = managed.find(({ manager }) => isSameManager(manager, tracking.manager));
  const { added, modified, removed } = changes(tracking.manager.apiVersion) as Comparison;
  const taken = ownable(added.union(modified), tracking);
  const fields = (previous?.fields ?? FieldSet.empty).difference(removed).union(taken);
  // Who sets nothing anew keeps the time of the last change.
  const time = taken.isEmpty || tracking.isIndirect ? previous?.time : tracking.now;
  return renderManagedFields(capUpdaters([...others, { manager: tracking.manager, time, fields }]));
}

/** All others' entries without what changed; those who speak a version that is not there are left out. */
export function withoutChanged(managed: readonly ManagedFields[], changes: Changes, except: Manager): ManagedFields[] {
  return managed
    .filter(({ manager }) => !isSameManager(manager, except))
    .flatMap((entry) => {
      const seen = changes(entry.manager.apiVersion);
      if (!seen) return [];
      const fields = entry.fields.difference(seen.added.union(seen.modified).union(seen.removed));
      return [fields.equals(entry.fields) ? entry : { ...entry, fields }];
    });
}

function basisOf(before: KubeObject | undefined, after: KubeObject): ManagedFields[] {
  const sent = after.metadata.managedFields ?? [];
  // One empty entry asks for a fresh start.
  if (sent.length === 1 && Object.keys(sent[0] as object).length === 0) return [];
  const live = before?.metadata.managedFields ?? [];
  return (sent.length > 0 ? parseManagedFields(sent) : undefined) ?? parseManagedFields(live) ?? [];
}
