import { EMPTY_STATE, evaluate, type KvState } from "./kv-state.ts";
import type { KvOperation, KvRecord, KvRequest, KvResponse, KvResult } from "./kv-types.ts";
import type { Model } from "./model.ts";

/**
 * etcd's KV with its revisions: every write that changes something takes the next revision, and every answer tells one. `operations` are
 * the history to be checked: a revision that one of its writes was told belongs to that write, so no write of unknown outcome is tried there.
 */
export function createKvModel(operations: readonly KvOperation[]): Model<KvState, KvRequest, KvResponse> {
  const owners = revisionOwners(operations);
  return {
    initial: () => EMPTY_STATE,
    step(state, operation) {
      const { request, outcome } = operation;
      if (outcome.kind === "unknown" && outcome.revision !== undefined && outcome.revision !== state.revision + 1)
        return undefined;
      if (outcome.kind === "returned" && !mayFit(state, outcome.response)) return undefined;
      const { state: next, result } = evaluate(state, request);
      if (outcome.kind === "returned") {
        return outcome.response.revision === next.revision && isSameResult(outcome.response.result, result)
          ? next
          : undefined;
      }
      return next !== state && isTaken(owners.get(next.revision), operation) ? undefined : next;
    },
    key: ({ revision, records }) => {
      const parts = [...records.values()].map(({ key, value, modRevision }) => `${key}=${value}@${modRevision}`);
      return `${revision};${parts.sort().join(";")}`;
    },
    explain(state, operation) {
      const { state: next, result } = evaluate(state, operation.request);
      const answer = operation.outcome.kind === "returned" ? render(operation.outcome.response) : "nothing";
      const expected = render({ revision: next.revision, result });
      return `${renderRequest(operation.request)} answered ${answer}; the state there answers ${expected}`;
    },
  };
}

/** Cheap test before the whole evaluation: a write answers the next revision, a read the present one. */
function mayFit(state: KvState, { revision }: KvResponse): boolean {
  return revision === state.revision || revision === state.revision + 1;
}

/** Whose a revision is: `told` when a client was told so, `seen` when it is that of one of several attempts at the same write. */
function revisionOwners(operations: readonly KvOperation[]): ReadonlyMap<number, "told" | "seen"> {
  const owners = new Map<number, "told" | "seen">();
  for (const { outcome } of operations)
    if (outcome.kind === "unknown" && outcome.revision !== undefined) owners.set(outcome.revision, "seen");
  for (const { outcome } of operations)
    if (outcome.kind === "returned" && changed(outcome.response.result)) owners.set(outcome.response.revision, "told");
  return owners;
}

/** Whether a write of unknown outcome cannot have taken a revision. */
function isTaken(owner: "told" | "seen" | undefined, { outcome }: KvOperation): boolean {
  const mayShare = outcome.kind === "unknown" && outcome.revision !== undefined;
  return owner === "told" || (owner === "seen" && !mayShare);
}

/** Whether an answer tells of a change. */
export function changed(result: KvResult): boolean {
  if (result.kind === "txn") return result.results.some(changed);
  return result.kind === "put" || (result.kind === "delete" && result.deleted > 0);
}

function isSameResult(a: KvResult, b: KvResult): boolean {
  if (a.kind === "range" && b.kind === "range") {
    return (
      a.count === b.count &&
      a.kvs.length === b.kvs.length &&
      a.kvs.every((kv, index) => isSameRecord(kv, b.kvs[index] as KvRecord))
    );
  }
  if (a.kind === "delete" && b.kind === "delete") return a.deleted === b.deleted;
  if (a.kind === "txn" && b.kind === "txn")
    return (
      a.isSuccess === b.isSuccess &&
      a.results.length === b.results.length &&
      a.results.every((result, index) => isSameResult(result, b.results[index] as KvResult))
    );
  return a.kind === b.kind;
}

function isSameRecord(a: KvRecord, b: KvRecord): boolean {
  return (
    a.key === b.key &&
    a.value === b.value &&
    a.createRevision === b.createRevision &&
    a.modRevision === b.modRevision &&
    a.version === b.version
  );
}

export function renderRequest(request: KvRequest): string {
  switch (request.kind) {
    case "range":
      return `get ${request.key}${request.end === undefined ? "" : `…${request.end}`}`;
    case "put":
      return `put ${request.key}=${request.value}`;
    case "delete":
      return `delete ${request.key}${request.end === undefined ? "" : `…${request.end}`}`;
    case "txn": {
      const conditions = request.compare.map(
        ({ key, target, operator, operand }) => `${target}(${key})${operator}${operand}`,
      );
      const branch = (requests: readonly KvRequest[]) => requests.map(renderRequest).join(", ");
      return `txn if ${conditions.join(" and ")} then [${branch(request.success)}] else [${branch(request.failure)}]`;
    }
  }
}

function render({ revision, result }: KvResponse): string {
  return `${renderResult(result)} at revision ${revision}`;
}

function renderResult(result: KvResult): string {
  switch (result.kind) {
    case "range":
      return `{${result.kvs.map(({ key, value, modRevision }) => `${key}=${value}@${modRevision}`).join(", ")}}`;
    case "put":
      return "ok";
    case "delete":
      return `${result.deleted} deleted`;
    case "txn":
      return `${result.isSuccess ? "success" : "failure"} [${result.results.map(renderResult).join(", ")}]`;
  }
}
