import type { Operation, Violation } from "./history.ts";

/** A list that clients append to and read: whole, so that every read shows the order of all appends before it. */
export type ListRequest = { readonly kind: "append"; readonly element: string } | { readonly kind: "read" };
/** The list after an append, or as it was read. */
export type ListResponse = readonly string[];
export type ListOperation = Operation<ListRequest, ListResponse>;

/**
 * Every list that was ever seen is a beginning of the longest one, without repeats; each holds all that was acknowledged before it was
 * asked for, and nothing that was asked for only after it was seen.
 */
export function checkAppendList(operations: readonly ListOperation[]): Violation | undefined {
  const seen = operations
    .filter(({ outcome }) => outcome.kind === "returned")
    .sort((a, b) => returnedMs(a) - returnedMs(b));
  const calledMs = new Map<string, number>();
  for (const { request, calledMs: atMs } of operations)
    if (request.kind === "append") calledMs.set(request.element, atMs);
  const longest = seen.reduce<ListResponse>(
    (best, each) => (listOf(each).length > best.length ? listOf(each) : best),
    [],
  );
  for (const operation of seen) {
    const message = contradiction(operation, longest) ?? outOfNowhere(operation, calledMs);
    if (message !== undefined) return { check: "append-list", offender: operation.id, message };
  }
  return lostAppend(seen);
}

function returnedMs({ outcome }: ListOperation): number {
  return outcome.kind === "returned" ? outcome.atMs : Number.POSITIVE_INFINITY;
}

function listOf({ outcome }: ListOperation): ListResponse {
  return outcome.kind === "returned" ? outcome.response : [];
}

function contradiction(operation: ListOperation, longest: ListResponse): string | undefined {
  const list = listOf(operation);
  const met = new Set<string>();
  for (const element of list) {
    if (met.has(element)) return `${element} is in the list twice`;
    met.add(element);
  }
  const { request } = operation;
  if (request.kind === "append" && !met.has(request.element)) return `${request.element} was not appended`;
  const at = list.findIndex((element, index) => element !== longest[index]);
  return at < 0 ? undefined : `element ${at} is ${list[at]}, elsewhere ${longest[at]}`;
}

function outOfNowhere(operation: ListOperation, calledMs: ReadonlyMap<string, number>): string | undefined {
  const early = listOf(operation).find(
    (element) => (calledMs.get(element) ?? Number.POSITIVE_INFINITY) > returnedMs(operation),
  );
  return early === undefined ? undefined : `${early} is in the list before anybody appended it`;
}

/** Goes through calls and returns in order of time: a list asked for now is at least as long as any seen before. */
function lostAppend(seen: readonly ListOperation[]): Violation | undefined {
  const byCall = [...seen].sort((a, b) => a.calledMs - b.calledMs);
  let returned = 0;
  let known: ListOperation | undefined;
  for (const operation of byCall) {
    for (; returned < seen.length && returnedMs(seen[returned] as ListOperation) < operation.calledMs; returned++) {
      const candidate = seen[returned] as ListOperation;
      if (!known || listOf(candidate).length > listOf(known).length) known = candidate;
    }
    if (!known || listOf(operation).length >= listOf(known).length) continue;
    const message = `${listOf(known)[listOf(operation).length]} is missing, which operation ${known.id} had seen before`;
    return { check: "append-list", offender: operation.id, message };
  }
  return undefined;
}
