import { fnv1a32, safeEncode } from "@drydock/base";
import type { V1PodTemplateSpec } from "@drydock/kube-api";

export const HASH_LABEL = "pod-template-hash";

/** A short name for a template; a collision is resolved by counting up. (Upstream hashes Go's own dump of the struct, so the figures differ.) */
export function templateHash(template: V1PodTemplateSpec | undefined, collisionCount: number): string {
  return safeEncode(String(fnv1a32(canonicalJson(template) + (collisionCount > 0 ? String(collisionCount) : ""))));
}

/** Keys in order at every depth: the same template gives the same text however it was written. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item !== "object" || item === null || Array.isArray(item)) return item;
    return Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
