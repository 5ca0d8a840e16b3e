import { deepEqual, isRecord, withDigits } from "@drydock/apimachinery";
import { fnv1a32, safeEncode } from "@drydock/base";
import type { V1PodTemplateSpec } from "@drydock/kube-api";
import { hashLabel } from "./annotations.ts";

/** Names the ReplicaSet of a template. Collisions are told apart by `collisionCount`. */
export function templateHash(template: V1PodTemplateSpec, collisionCount: number | undefined): string {
  const suffix = collisionCount === undefined ? "" : `#${collisionCount}`;
  return safeEncode(String(fnv1a32(canonicalJson(template) + suffix)));
}

/** Equality of what pods would be like; the hash label is the controller's own mark. */
export function isSameTemplate(a: V1PodTemplateSpec | undefined, b: V1PodTemplateSpec | undefined): boolean {
  return deepEqual(withoutHash(a), withoutHash(b));
}

function withoutHash(template: V1PodTemplateSpec | undefined): unknown {
  const { [hashLabel]: _, ...labels } = template?.metadata?.labels ?? {};
  return { spec: template?.spec, labels, annotations: template?.metadata?.annotations ?? {} };
}

/** JSON with its keys in order, as Go writes what it holds as maps. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (key, item: unknown) =>
    isRecord(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : withDigits(key, item),
  );
}
