import type { KvOperation, KvRequest } from "./kv-types.ts";

/** The one key that a request speaks of; undefined when there are several. */
function keyOf(request: KvRequest): string | undefined {
  if (request.kind === "put") return request.key;
  if (request.kind !== "txn") return request.end === undefined ? request.key : undefined;
  const keys = new Set([
    ...request.compare.map(({ key }) => key),
    ...[...request.success, ...request.failure].map((each) => keyOf(each)),
  ]);
  return keys.size === 1 ? [...keys][0] : undefined;
}

/** The history of each key by itself, or the whole as one part when an operation touches several keys. */
export function partitionByKey(operations: readonly KvOperation[]): KvOperation[][] {
  const parts = new Map<string, KvOperation[]>();
  for (const operation of operations) {
    const key = keyOf(operation.request);
    if (key === undefined) return [[...operations]];
    const part = parts.get(key) ?? [];
    part.push(operation);
    parts.set(key, part);
  }
  return [...parts.values()];
}
