import type { KubeObject } from "../meta.ts";
import { FieldSet } from "./field-set.ts";
import { fieldsOfValue } from "./fields-of-value.ts";
import type { ManagedFields } from "./managers.ts";
import { removeFields } from "./merge-values.ts";
import type { Tracking, VersionShape } from "./tracking.ts";

/**
 * `merged` without what its applier owned (`previous`), and neither it nor anybody else owns now, where these speak different versions: an
 * owned field is looked for in the version that its owner speaks (structured-merge-diff's order of conversions).
 */
export async function pruneAcrossVersions(
  merged: KubeObject,
  previous: ManagedFields,
  owners: readonly ManagedFields[],
  tracking: Tracking,
): Promise<KubeObject> {
  const { apiVersion } = previous.manager;
  const before = await viewIn(tracking, merged, apiVersion);
  if (!before) return merged;
  const last = previous.fields.withNamedFields(before.shape);
  const bare = removeFields(before.object, last, before.shape) as KubeObject;
  const pruned = await withOwned(before.object, bare, apiVersion, owners, tracking);
  const after = await viewIn(tracking, pruned, apiVersion);
  if (!after) return merged;
  const gone = namedFields(before).difference(namedFields(after)).intersection(last);
  const kept = removeFields(before.object, gone, before.shape) as KubeObject;
  return tracking.versions.convert(kept, tracking.manager.apiVersion);
}

/** What others own comes back, version by version: first that of `pruned`, lest a conversion miss what it needs. */
async function withOwned(
  merged: KubeObject,
  pruned: KubeObject,
  first: string,
  owners: readonly ManagedFields[],
  tracking: Tracking,
): Promise<KubeObject> {
  let kept = pruned;
  for (const apiVersion of new Set([first, ...owners.map(({ manager }) => manager.apiVersion)])) {
    const owned = owners
      .filter(({ manager }) => manager.apiVersion === apiVersion)
      .reduce((all, { fields }) => all.union(fields), FieldSet.empty);
    const [whole, bare] = [await viewIn(tracking, merged, apiVersion), await viewIn(tracking, kept, apiVersion)];
    if (!whole || !bare || owned.isEmpty) continue;
    const wanted = namedFields(bare).union(owned.withNamedFields(whole.shape));
    kept = removeFields(whole.object, namedFields(whole).difference(wanted), whole.shape) as KubeObject;
  }
  return kept;
}

interface View extends VersionShape {
  readonly object: KubeObject;
}

function namedFields({ object, shape }: View): FieldSet {
  return fieldsOfValue(object, shape).withNamedFields(shape);
}

async function viewIn(tracking: Tracking, object: KubeObject, apiVersion: string): Promise<View | undefined> {
  const version = apiVersion === tracking.manager.apiVersion ? tracking : tracking.versions.find(apiVersion);
  if (!version) return undefined;
  const { shape, reset } = version;
  const view = object.apiVersion === apiVersion ? object : await tracking.versions.convert(object, apiVersion);
  return { shape, reset, object: view };
}
