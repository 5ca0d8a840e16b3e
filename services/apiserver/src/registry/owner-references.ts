import { deepEqual, type KubeObject } from "@drydock/apimachinery";
import type { CallContext } from "./call.ts";

/** Owners that are named twice, word for word, are kept once, with a warning. */
export function dedupOwnerReferences({ metadata }: KubeObject, { warn }: Pick<CallContext, "warn">): void {
  const references = metadata.ownerReferences;
  if (!references || references.length < 2) return;
  const kept = references.filter((one, index) => references.findIndex((other) => deepEqual(one, other)) === index);
  if (kept.length === references.length) return;
  const duplicates = references.filter((reference) => !kept.includes(reference)).map(({ uid }) => uid);
  metadata.ownerReferences = kept;
  warn(
    `.metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${[...new Set(duplicates)].join(", ")}`,
  );
}
