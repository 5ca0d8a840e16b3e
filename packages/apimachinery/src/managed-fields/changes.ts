import type { KubeObject } from "../meta.ts";
import { type Comparison, compareValues } from "./fields-of-value.ts";
import type { Tracking, VersionShape } from "./tracking.ts";

/** What changed, as each version sees it; undefined of versions that are not there. */
export type Changes = (apiVersion: string) => Comparison | undefined;

/** Changes of what is owned in the writer's own version alone. */
export function changesInOwnVersion(before: KubeObject | undefined, after: KubeObject, tracking: Tracking): Changes {
  const own = compareWithin(before, after, tracking);
  return (apiVersion) => (apiVersion === tracking.manager.apiVersion ? own : undefined);
}

/** The same where managers speak other versions, to which both objects are converted. */
export async function changesInVersions(
  before: KubeObject | undefined,
  after: KubeObject,
  tracking: Tracking,
  apiVersions: Iterable<string>,
): Promise<Changes> {
  const inOwn = changesInOwnVersion(before, after, tracking);
  const others = new Map<string, Comparison>();
  for (const apiVersion of new Set(apiVersions)) {
    const version = apiVersion === tracking.manager.apiVersion ? undefined : tracking.versions.find(apiVersion);
    if (!version) continue;
    const was = before && (await tracking.versions.convert(before, apiVersion));
    others.set(apiVersion, compareWithin(was, await tracking.versions.convert(after, apiVersion), version));
  }
  return (apiVersion) => inOwn(apiVersion) ?? others.get(apiVersion);
}

/** What an endpoint does not write has not changed. */
function compareWithin(before: object | undefined, after: object, { shape, reset, unset }: VersionShape): Comparison {
  const changes = unset
    ? compareValues(before ? unset.shown(before) : unset.untouched, unset.shown(after), shape)
    : compareValues(before ?? {}, after, shape);
  if (reset.isEmpty) return changes;
  const { added, modified, removed } = changes;
  return {
    added: added.recursiveDifference(reset),
    modified: modified.recursiveDifference(reset),
    removed: removed.recursiveDifference(reset),
  };
}
