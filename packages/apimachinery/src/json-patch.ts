import { deepClone, deepEqual, isRecord, setOwn } from "./deep.ts";
import { goWordOf } from "./go-text.ts";
import { parsePointer } from "./json-pointer.ts";
import { badRequest, requestEntityTooLarge, type StatusError, unprocessable } from "./status-error.ts";

export interface JsonPatchOperation {
  op: "add" | "remove" | "replace" | "move" | "copy" | "test";
  path: string;
  from?: string;
  value?: unknown;
}

/** More operations than this are refused, as upstream does. */
const maxOperations = 10_000;

/**
 * Applies an RFC 6902 patch to a copy of `document`. Throws StatusError: 400 for something that is no patch, 413 for too
 * many operations, 422 for a patch that does not fit the document. `numbers` are those of the patch that are written otherwise than we would,
 * by path: upstream compares texts, and finds no such number in a document.
 */
export function applyJsonPatch<T>(
  document: T,
  operations: unknown,
  numbers: ReadonlyMap<string, string> = new Map(),
): T {
  if (!Array.isArray(operations)) {
    const why = `json: cannot unmarshal ${goWordOf(operations)} into Go value of type []handlers.jsonPatchOp`;
    throw badRequest(`error decoding patch: ${why}`);
  }
  if (operations.length > maxOperations) {
    throw requestEntityTooLarge(
      `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${operations.length}`,
    );
  }
  const root = { document: deepClone(document) as unknown };
  for (const [index, operation] of operations.entries()) {
    const checked = checkOperation(operation);
    if (checked.op === "test" && textsOfValue(numbers, index).length > 0) throw testFailed(checked.path);
    applyOperation(root, checked);
  }
  return root.document as T;
}

/** Where the numbers of a patch that are written otherwise than we would come to stand in the document that it led to. */
export function numbersAfterPatch(
  document: unknown,
  operations: readonly JsonPatchOperation[],
  numbers: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [index, { path }] of operations.entries())
    for (const [below, text] of textsOfValue(numbers, index)) {
      const start = fieldPathOf(document, path);
      if (start !== undefined) found.set(`${start}${below}`.replace(/^\./, ""), text);
    }
  return found;
}

function textsOfValue(numbers: ReadonlyMap<string, string>, index: number): [below: string, text: string][] {
  const prefix = `[${index}].value`;
  return [...numbers].flatMap(([path, text]) =>
    path.startsWith(prefix) ? [[path.slice(prefix.length), text] as [string, string]] : [],
  );
}

/** A pointer as a path of fields: `/spec/ports/0` is `.spec.ports[0]`. */
function fieldPathOf(document: unknown, pointer: string): string | undefined {
  let [at, path] = [document, ""];
  for (const token of parsePointer(pointer) ?? []) {
    const index = Array.isArray(at) ? (token === "-" ? at.length - 1 : parseIndex(token, at.length)) : undefined;
    path += index === undefined ? `.${token}` : `[${index}]`;
    at = childOf(at, index === undefined ? token : String(index));
    if (at === undefined) return undefined;
  }
  return path;
}

const names = new Set(["add", "remove", "replace", "move", "copy", "test"]);

function checkOperation(operation: unknown): JsonPatchOperation {
  if (!isRecord(operation)) throw badRequest("json: cannot unmarshal patch operation: not an object");
  const { op, path, from } = operation;
  if (typeof op !== "string" || !names.has(op)) throw unprocessable(`Unexpected kind: ${String(op ?? "unknown")}`);
  if (typeof path !== "string") throw unprocessable("jsonpatch operation has no path: missing value");
  if ((op === "move" || op === "copy") && typeof from !== "string") {
    throw unprocessable(`jsonpatch ${op} operation has no from: missing value`);
  }
  return operation as unknown as JsonPatchOperation;
}

interface Root {
  document: unknown;
}

function applyOperation(root: Root, { op, path, from = "", value }: JsonPatchOperation): void {
  switch (op) {
    case "add":
      add(root, path, deepClone(value ?? null));
      break;
    case "remove":
      remove(root, path, "remove");
      break;
    case "replace":
      replace(root, path, deepClone(value ?? null));
      break;
    case "move":
      add(root, path, remove(root, from, "move"));
      break;
    case "copy":
      add(root, path, deepClone(read(root, from)));
      break;
    case "test":
      test(root, path, value ?? null);
      break;
  }
}

function fail(op: string, path: string, reason: string): never {
  throw unprocessable(`${op} operation does not apply: doc is missing ${reason}: ${path}: missing value`);
}

function locate(root: Root, path: string, op: string): { parent: unknown; key: string } {
  const tokens = parsePointer(path);
  if (tokens === undefined) fail(op, path, "path");
  const key = tokens.pop() ?? "";
  let parent = root.document;
  for (const token of tokens) {
    const next = childOf(parent, token);
    if (next === undefined) fail(op, path, "path");
    parent = next;
  }
  if (typeof parent !== "object" || parent === null) fail(op, path, "path");
  return { parent, key };
}

function childOf(parent: unknown, token: string): unknown {
  if (Array.isArray(parent)) return parent[parseIndex(token, parent.length) ?? -1];
  return isRecord(parent) && Object.hasOwn(parent, token) ? parent[token] : undefined;
}

/** Negative indices count from the end, a habit of upstream's patch library. */
function parseIndex(token: string, length: number): number | undefined {
  if (!/^-?(0|[1-9][0-9]*)$/.test(token)) return undefined;
  const index = Number(token);
  const absolute = index < 0 ? length + index : index;
  return absolute >= 0 ? absolute : undefined;
}

function add(root: Root, path: string, value: unknown): void {
  if (path === "") {
    root.document = value;
    return;
  }
  const { parent, key } = locate(root, path, "add");
  if (!Array.isArray(parent)) {
    setOwn(parent as Record<string, unknown>, key, value);
    return;
  }
  const index = key === "-" ? parent.length : parseIndex(key, parent.length + 1);
  if (index === undefined || index > parent.length) {
    throw unprocessable(
      `add operation does not apply: unable to access invalid index: ${key}: invalid index referenced`,
    );
  }
  parent.splice(index, 0, value);
}

function remove(root: Root, path: string, op: string): unknown {
  const { parent, key } = locate(root, path, op);
  const value = childOf(parent, key);
  if (value === undefined) {
    throw unprocessable(`${op} operation does not apply: Unable to remove nonexistent key: ${key}: missing value`);
  }
  if (Array.isArray(parent)) parent.splice(parseIndex(key, parent.length) ?? 0, 1);
  else delete (parent as Record<string, unknown>)[key];
  return value;
}

function replace(root: Root, path: string, value: unknown): void {
  if (path === "") {
    root.document = value;
    return;
  }
  const { parent, key } = locate(root, path, "replace");
  // Upstream's library misses items of lists alone: a field that is not there is set.
  if (Array.isArray(parent) && childOf(parent, key) === undefined) fail("replace", path, "key");
  if (Array.isArray(parent)) parent[parseIndex(key, parent.length) ?? 0] = value;
  else setOwn(parent as Record<string, unknown>, key, value);
}

/** A field that is not there is null, again to upstream's library. */
function read(root: Root, path: string): unknown {
  if (path === "") return root.document;
  const { parent, key } = locate(root, path, "copy");
  const value = childOf(parent, key);
  if (value === undefined && Array.isArray(parent)) fail("copy", path, "key");
  return value ?? null;
}

function testFailed(path: string): StatusError {
  return unprocessable(`testing value ${path} failed: test failed`);
}

function test(root: Root, path: string, expected: unknown): void {
  const tokens = parsePointer(path) ?? [];
  const actual = tokens.reduce((value: unknown, token) => childOf(value, token), root.document);
  if (!deepEqual(actual ?? null, expected)) {
    throw testFailed(path);
  }
}
