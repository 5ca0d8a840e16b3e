import { changed } from "./kv-model.ts";
import { isWrite, type KvOperation, type KvRequest } from "./kv-types.ts";
import type { RevisionHistory } from "./revision-history.ts";

/**
 * Tells the fate of writes whose outcome the client was not told, from what watches have seen. Values are taken to be unique: a write whose
 * value was seen took effect at that revision; one whose value was not seen anywhere in a complete history never did and is left out.
 * Deletions stay unknown: they carry no value.
 */
export function resolveUnknown(operations: readonly KvOperation[], history: RevisionHistory): KvOperation[] {
  const revisionOf = new Map<string, number>();
  for (const [revision, events] of history.span(0, history.lastRevision))
    for (const { type, record } of events)
      if (type === "put") revisionOf.set(`${record.key}=${record.value}`, revision);
  return operations.flatMap((operation): KvOperation[] => {
    if (operation.outcome.kind === "returned") return [operation];
    if (!isWrite(operation.request)) return [];
    const puts = putsOf(operation.request);
    if (puts.length === 0) return [operation];
    const revision = puts.map((name) => revisionOf.get(name)).find((each) => each !== undefined);
    return revision === undefined ? [] : [{ ...operation, outcome: { kind: "unknown", revision } }];
  });
}

function putsOf(request: KvRequest): string[] {
  if (request.kind === "put") return [`${request.key}=${request.value}`];
  return request.kind === "txn" ? [...request.success, ...request.failure].flatMap(putsOf) : [];
}

/**
 * Changes that no client asked for, such as the deletion of an expired lease's keys, as operations that may have happened where they were
 * seen. `isAllowed` tells which keys may change by themselves.
 */
export function unattributed(
  operations: readonly KvOperation[],
  history: RevisionHistory,
  isAllowed: (key: string) => boolean,
): KvOperation[] {
  const owned = new Set<number>();
  for (const { outcome } of operations) {
    if (outcome.kind === "unknown" && outcome.revision !== undefined) owned.add(outcome.revision);
    if (outcome.kind === "returned" && changed(outcome.response.result)) owned.add(outcome.response.revision);
  }
  let id = operations.reduce((highest, operation) => Math.max(highest, operation.id), 0);
  const found: KvOperation[] = [];
  for (const [revision, events] of history.span(0, history.lastRevision)) {
    if (owned.has(revision) || !events.every(({ type, record }) => type === "delete" && isAllowed(record.key)))
      continue;
    const success = events.map(({ record }): KvRequest => ({ kind: "delete", key: record.key }));
    found.push({
      id: ++id,
      client: "store",
      request: { kind: "txn", compare: [], success, failure: [] },
      calledMs: Number.NEGATIVE_INFINITY,
      outcome: { kind: "unknown", revision },
    });
  }
  return found;
}
