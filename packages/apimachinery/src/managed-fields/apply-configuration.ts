import type { KubeObject } from "../meta.ts";
import { FieldSet } from "./field-set.ts";
import { compareValues, fieldsOfValue } from "./fields-of-value.ts";
import {
  isSameManager,
  type ManagedFields,
  type Manager,
  parseManagedFields,
  renderManagedFields,
} from "./managers.ts";
import { mergeValues, removeFields } from "./merge-values.ts";
import { entryOf, ownable, type Tracking, withoutChanged } from "./track-update.ts";

/** Owns all fields of an object that nobody tracked until it was first applied. */
const BEFORE_FIRST_APPLY = "before-first-apply";

/** A field that the configuration would change, and another manager who owns it. */
export interface ApplyConflict {
  readonly manager: Manager;
  readonly time: string | undefined;
  readonly fields: FieldSet;
}

export type ApplyVerdict =
  | { readonly kind: "applied"; readonly object: KubeObject }
  | { readonly kind: "conflict"; readonly conflicts: readonly ApplyConflict[] };

/**
 * Server-side apply (KEP-555), pure: `live` with what `config` sets, without what its applier set last time, no longer sets and
 * nobody else owns; or the fields that others own with another value. Being forced, their owners lose them.
 */
export function applyConfiguration(
  live: KubeObject | undefined,
  config: KubeObject,
  tracking: Tracking,
  isForced: boolean,
): ApplyVerdict {
  const { shape, manager } = tracking;
  const managed = live ? managedOf(live, tracking) : [];
  const configured = fieldsOfValue(config, shape);
  const fields = ownable(configured, tracking);
  const previous = managed.find((entry) => isSameManager(entry.manager, manager));
  const others = managed.filter((entry) => entry !== previous);
  const merged = mergeValues(live, config, shape) as KubeObject;
  const object = prune(merged, previous?.fields, [configured, ...others.map((entry) => entry.fields)], tracking);
  const changes = compareValues(live ?? {}, object, shape);
  const touched = changes.added.union(changes.modified);
  const conflicts = others
    .map((entry) => ({ manager: entry.manager, time: entry.time, fields: entry.fields.intersection(touched) }))
    .filter((conflict) => !conflict.fields.isEmpty);
  if (conflicts.length > 0 && !isForced) return { kind: "conflict", conflicts };
  const managedFields = renderManagedFields([
    ...withoutChanged(others, changes, manager),
    entryOf(tracking, previous, fields),
  ]);
  return { kind: "applied", object: { ...object, metadata: { ...object.metadata, managedFields } } };
}

function managedOf(live: KubeObject, tracking: Tracking): ManagedFields[] {
  const managed = parseManagedFields(live.metadata.managedFields ?? []) ?? [];
  if (managed.length > 0) return managed;
  const manager: Manager = { ...tracking.manager, name: BEFORE_FIRST_APPLY, operation: "Update", subresource: "" };
  const fields = ownable(compareValues({}, live, tracking.shape).added, { reset: FieldSet.empty });
  return [{ manager, time: tracking.now, fields }];
}

function prune(
  merged: KubeObject,
  previous: FieldSet | undefined,
  owned: readonly FieldSet[],
  { shape }: Tracking,
): KubeObject {
  if (!previous || previous.isEmpty) return merged;
  const kept = owned.reduce((all, one) => all.union(one), FieldSet.empty).withNamedFields(shape);
  return removeFields(merged, previous.withNamedFields(shape).difference(kept), shape) as KubeObject;
}
