import type { KubeObject, ManagedFieldsEntry } from "../meta.ts";
import { FieldSet } from "./field-set.ts";
import { type Comparison, compareValues } from "./fields-of-value.ts";
import {
  isSameManager,
  type ManagedFields,
  type Manager,
  parseManagedFields,
  renderManagedFields,
} from "./managers.ts";
import type { TypeShape } from "./type-shape.ts";

/** More updaters than this are taken together: user agents come and go. */
const UPDATERS_MAX = 10;
const ANCIENT_CHANGES = "ancient-changes";

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

export interface Tracking {
  readonly shape: TypeShape;
  readonly manager: Manager;
  /** RFC 3339. */
  readonly now: string;
  /** What this endpoint does not write (the status, through the main resource). */
  readonly reset: FieldSet;
}

/** The paths that a manager may own of a set. */
export function ownable(fields: FieldSet, { reset }: Pick<Tracking, "reset">): FieldSet {
  return fields.recursiveDifference(unowned).recursiveDifference(reset);
}

/**
 * metadata.managedFields after a create (`before` undefined) or an update: what changed belongs to the one who changed it, and no longer to others.
 * What the update itself says about owners is the basis, if it is sound. Objects that are not tracked stay so.
 */
export function trackUpdate(
  before: KubeObject | undefined,
  after: KubeObject,
  tracking: Tracking,
): ManagedFieldsEntry[] {
  const managed = basisOf(before, after);
  if (before && managed.length === 0) return [];
  const changes = compareValues(before ?? {}, after, tracking.shape);
  const others = withoutChanged(managed, changes, tracking.manager);
  const previous = managed.find(({ manager }) => isSameManager(manager, tracking.manager));
  const changed = ownable(changes.added.union(changes.modified), tracking);
  const fields = (previous?.fields ?? FieldSet.empty).difference(changes.removed).union(changed);
  return renderManagedFields(capUpdaters([...others, entryOf(tracking, previous, fields)]));
}

/** The same set keeps its time. */
export function entryOf(tracking: Tracking, previous: ManagedFields | undefined, fields: FieldSet): ManagedFields {
  const time = previous?.fields.equals(fields) ? previous.time : tracking.now;
  return { manager: tracking.manager, time, fields };
}

/** All others' entries without what changed. */
export function withoutChanged(
  managed: readonly ManagedFields[],
  { added, modified, removed }: Comparison,
  except: Manager,
): ManagedFields[] {
  const changed = added.union(modified).union(removed);
  return managed
    .filter(({ manager }) => !isSameManager(manager, except))
    .map((entry) => {
      const fields = entry.fields.difference(changed);
      return fields.equals(entry.fields) ? entry : { ...entry, fields };
    });
}

function basisOf(before: KubeObject | undefined, after: KubeObject): ManagedFields[] {
  const sent = after.metadata.managedFields ?? [];
  // One empty entry asks for a fresh start.
  if (sent.length === 1 && Object.keys(sent[0] as object).length === 0) return [];
  const live = before?.metadata.managedFields ?? [];
  return (sent.length > 0 ? parseManagedFields(sent) : undefined) ?? parseManagedFields(live) ?? [];
}

function capUpdaters(managed: readonly ManagedFields[]): ManagedFields[] {
  const updaters = managed.filter(({ manager, fields }) => manager.operation === "Update" && !fields.isEmpty);
  const excess = updaters.length - UPDATERS_MAX;
  if (excess <= 0) return [...managed];
  const oldest = updaters
    .filter(({ manager }) => manager.subresource === "")
    .toSorted((a, b) => ((a.time ?? "") < (b.time ?? "") ? -1 : 1))
    .slice(0, excess + 1);
  const [first] = oldest;
  if (!first) return [...managed];
  const ancient: ManagedFields = {
    manager: { ...first.manager, name: ANCIENT_CHANGES },
    time: oldest.at(-1)?.time,
    fields: oldest.reduce((all, { fields }) => all.union(fields), FieldSet.empty),
  };
  return [...managed.filter((entry) => !oldest.includes(entry)), ancient];
}
