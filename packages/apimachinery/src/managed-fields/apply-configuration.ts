import type { KubeObject } from "../meta.ts";
import { changesInVersions } from "./changes.ts";
import { FieldSet } from "./field-set.ts";
import { type Comparison, compareValues, fieldsOfValue } from "./fields-of-value.ts";
import {
  isSameManager,
  type ManagedFields,
  type Manager,
  parseManagedFields,
  renderManagedFields,
} from "./managers.ts";
import { mergeValues, removeFields } from "./merge-values.ts";
import { pruneAcrossVersions } from "./prune-across-versions.ts";
import { ownable, withoutChanged } from "./track-update.ts";
import type { Tracking } from "./tracking.ts";

/** Owns all fields of an object that nobody tracked until it was first applied. */
const BEFORE_FIRST_APPLY = "before-first-apply";

/** A field that the configuration would change, and another manager who owns it. */
export interface ApplyConflict {
  readonly manager: Manager;
  readonly fields: FieldSet;
}

export type ApplyVerdict =
  | { readonly kind: "applied"; readonly object: KubeObject }
  | { readonly kind: "conflict"; readonly conflicts: readonly ApplyConflict[] };

/**
 * Server-side apply (KEP-555), pure: `live` with what `config` sets, without what its applier set last time, no longer sets and
 * nobody else owns; or the fields that others own with another value. Being forced, their owners lose them.
 */
export async function applyConfiguration(
  live: KubeObject | undefined,
  config: KubeObject,
  tracking: Tracking,
  isForced: boolean,
): Promise<ApplyVerdict> {
  const { shape, manager } = tracking;
  const managed = live ? managedOf(live, tracking) : [];
  const configured = fieldsOfValue(config, shape);
  const fields = ownable(configured, tracking);
  const previous = managed.find((entry) => isSameManager(entry.manager, manager));
  const others = managed.filter((entry) => entry !== previous);
  const merged = mergeValues(live, config, shape) as KubeObject;
  const object = await prune(merged, previous, [{ manager, time: undefined, fields: configured }, ...others], tracking);
  const versions = others.map((entry) => entry.manager.apiVersion);
  const changes = await changesInVersions(live, object, tracking, versions);
  const conflicts = others
    .flatMap((entry) => {
      const seen = changes(entry.manager.apiVersion);
      if (!seen) return [];
      return {
        manager: entry.manager,
        fields: entry.fields.intersection(seen.added.union(seen.modified)),
      };
    })
    .filter((conflict) => !conflict.fields.isEmpty);
  if (conflicts.length > 0 && !isForced) return { kind: "conflict", conflicts };
  const { added, modified, removed } = changes(manager.apiVersion) as Comparison;
  const isChanged = [added, modified, removed].some((set) => !set.isEmpty);
  // Upstream's time is that of the last change of the object: who only comes to own what is there has none.
  const time = isChanged ? tracking.now : previous?.time;
  const managedFields = renderManagedFields([...withoutChanged(others, changes, manager), { manager, time, fields }]);
  return { kind: "applied", object: { ...object, metadata: { ...object.metadata, managedFields } } };
}

function managedOf(live: KubeObject, tracking: Tracking): ManagedFields[] {
  const managed = parseManagedFields(live.metadata.managedFields ?? []) ?? [];
  if (managed.length > 0) return managed.filter(({ manager }) => isThere(manager.apiVersion, tracking));
  const manager: Manager = { ...tracking.manager, name: BEFORE_FIRST_APPLY, operation: "Update", subresource: "" };
  const fields = ownable(compareValues({}, live, tracking.shape).added, { reset: FieldSet.empty });
  return [{ manager, time: tracking.now, fields }];
}

function isThere(apiVersion: string, { manager, versions }: Tracking): boolean {
  return apiVersion === manager.apiVersion || versions.find(apiVersion) !== undefined;
}

async function prune(
  merged: KubeObject,
  previous: ManagedFields | undefined,
  owners: readonly ManagedFields[],
  tracking: Tracking,
): Promise<KubeObject> {
  if (!previous || previous.fields.isEmpty) return merged;
  const { shape, manager } = tracking;
  if ([previous, ...owners].some((entry) => entry.manager.apiVersion !== manager.apiVersion))
    return pruneAcrossVersions(merged, previous, owners, tracking);
  const kept = owners.reduce((all, { fields }) => all.union(fields), FieldSet.empty).withNamedFields(shape);
  return removeFields(merged, previous.fields.withNamedFields(shape).difference(kept), shape) as KubeObject;
}
