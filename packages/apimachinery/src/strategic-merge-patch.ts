import { deepClone, deepEqual, isRecord, setOwn } from "./deep.ts";
import { goText, goWordOf } from "./go-text.ts";
import { badRequest, StatusError } from "./status-error.ts";

/** What strategic merge needs to know of a type. `undefined` fields merge as plain JSON: maps deeply, lists replaced. */
export interface SchemaView {
  field(name: string): SchemaField | undefined;
}

export interface SchemaField {
  /** `merge`, `replace`, `retainKeys`, as the type declares them. */
  readonly patchStrategies: readonly string[];
  /** The field that identifies the objects of a merged list. */
  readonly patchMergeKey?: string;
  /** The type of the field's object, or of its list's or map's items; absent for scalars. */
  readonly item?: SchemaView;
}

type Fields = Record<string, unknown>;

const patchDirective = "$patch";
const retainKeysDirective = "$retainKeys";
const deleteListPrefix = "$deleteFromPrimitiveList/";
const orderPrefix = "$setElementOrder/";

/**
 * Applies a strategic merge patch (as kubectl sends for built-in kinds) to a copy of `document`, with all directives:
 * `$patch` (merge, replace, delete), `$retainKeys`, `$setElementOrder/…`, `$deleteFromPrimitiveList/…`. Throws
 * StatusError: 400 for what is no patch, 500, as upstream, for directives that are wrong or do not fit the document.
 */
export function applyStrategicMergePatch<T>(document: T, patch: unknown, schema: SchemaView | undefined): T {
  if (!isRecord(patch))
    throw badRequest(`json: cannot unmarshal ${goWordOf(patch)} into Go value of type map[string]interface {}`);
  return mergeFields(isRecord(document) ? deepClone(document) : {}, deepClone(patch), schema) as T;
}

/** Merges `patch` into `original`; both are private copies. */
function mergeFields(original: Fields, patch: Fields, schema: SchemaView | undefined): Fields {
  const directive = patch[patchDirective];
  if (directive !== undefined) {
    delete patch[patchDirective];
    if (directive === "replace") return patch;
    if (directive === "delete") return {};
    const shown =
      typeof directive === "number" || typeof directive === "bigint" ? `%!s(int64=${directive})` : goText(directive);
    throw unnamedError(`unknown patch type: ${shown} in map: ${goText({ ...patch, [patchDirective]: directive })}`);
  }
  retainKeys(original, patch);
  const orders = takeDirectives(patch, orderPrefix);
  const deletions = takeDirectives(patch, deleteListPrefix);
  for (const [name, values] of deletions) deleteFromPrimitiveList(original, name, values);
  for (const [name, value] of Object.entries(patch)) {
    if (!orders.has(name)) mergeField(original, name, value, schema?.field(name));
  }
  for (const [name, order] of orders) mergeOrderedList(original, name, patch[name], order, schema?.field(name));
  return original;
}

function mergeField(original: Fields, name: string, value: unknown, field: SchemaField | undefined): void {
  if (value === null || value === undefined) {
    delete original[name];
    return;
  }
  const existing = Object.hasOwn(original, name) ? original[name] : undefined;
  if (isRecord(value)) {
    // Where nothing is yet, nothing can be replaced either.
    if (existing === undefined && value[patchDirective] !== undefined) return;
    const isReplaced = field?.patchStrategies.includes("replace") === true;
    const base = isRecord(existing) && !isReplaced ? existing : {};
    setOwn(original, name, mergeFields(base, value, field?.item));
  } else if (Array.isArray(value) && Array.isArray(existing) && isMergedList(field)) {
    setOwn(original, name, mergeLists(existing, value, value, field));
  } else {
    setOwn(original, name, withoutDirectives(value));
  }
}

function isMergedList(field: SchemaField | undefined): boolean {
  return field?.patchStrategies.includes("merge") === true;
}

/** Upstream gives these errors neither a code nor a reason of their own. */
function unnamedError(message: string): StatusError {
  return new StatusError({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, code: 500 });
}

function goTypeWordOf(value: unknown): string {
  if (isRecord(value)) return "map[string]interface {}";
  if (Array.isArray(value)) return "[]interface {}";
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64";
  if (typeof value === "bigint") return "int64";
  return typeof value === "boolean" ? "bool" : typeof value;
}

/** A list taken as it is must not smuggle directives into the stored object. */
function withoutDirectives(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value
    .filter((item) => !isRecord(item) || item[patchDirective] === undefined)
    .map((item) => (isRecord(item) ? mergeFields({}, item, undefined) : item));
}

/** `$retainKeys: [a, b]`: every other field of the original goes; the patch may set only those. */
function retainKeys(original: Fields, patch: Fields): void {
  const directive = patch[retainKeysDirective];
  if (directive === undefined) return;
  delete patch[retainKeysDirective];
  if (!Array.isArray(directive)) throw badRequest("invalid patch format of retainKeys");
  for (const key of Object.keys(patch)) {
    const isCovered = directive.includes(key) || key.startsWith("$") || patch[key] === null;
    if (!isCovered) throw badRequest("invalid patch format of retainKeys");
  }
  for (const key of Object.keys(original)) if (!directive.includes(key)) delete original[key];
}

function takeDirectives(patch: Fields, prefix: string): Map<string, unknown[]> {
  const found = new Map<string, unknown[]>();
  for (const [key, value] of Object.entries(patch)) {
    if (!key.startsWith(prefix)) continue;
    delete patch[key];
    if (!Array.isArray(value)) {
      if (prefix === deleteListPrefix) continue;
      throw unnamedError(`expected a []interface {}, but received a ${goTypeWordOf(value)}`);
    }
    found.set(key.slice(prefix.length), value);
  }
  return found;
}

function deleteFromPrimitiveList(original: Fields, name: string, values: readonly unknown[]): void {
  const existing = original[name];
  if (!Array.isArray(existing)) return;
  original[name] = existing.filter((item) => !values.includes(item));
}

/** Merges a list whose final order the patch dictates. */
function mergeOrderedList(
  original: Fields,
  name: string,
  value: unknown,
  order: readonly unknown[],
  field: SchemaField | undefined,
): void {
  if (value !== undefined && !Array.isArray(value)) {
    mergeField(original, name, value, field);
    return;
  }
  const live = original[name];
  const liveList = Array.isArray(live) ? live : [];
  if (value === undefined && live === undefined) return;
  if (field !== undefined && !isMergedList(field)) {
    mergeField(original, name, value, field);
    return;
  }
  const patchList: unknown[] = value ?? [];
  assertOrderCovers(patchList, order, field?.patchMergeKey);
  setOwn(original, name, mergeLists(liveList, patchList, order, field));
}

/** The items that the patch adds or changes have their places in the order, and stand as it says. */
function assertOrderCovers(patch: readonly unknown[], order: readonly unknown[], mergeKey: string | undefined): void {
  const items = patch.filter((item) => !isRecord(item) || item[patchDirective] === undefined);
  let at = 0;
  for (const place of order) if (at < items.length && indexIn([place], items[at], mergeKey) === 0) at++;
  if (at === items.length) return;
  throw unnamedError(
    `The order in patch list:\n${goText(items)}\n doesn't match $setElementOrder list:\n${goText(order)}\n`,
  );
}

function mergeLists(
  live: readonly unknown[],
  patch: readonly unknown[],
  order: readonly unknown[],
  field: SchemaField | undefined,
): unknown[] {
  const all = [...live, ...patch];
  if (new Set(all.map(goTypeWordOf)).size > 1)
    throw unnamedError(`list element types are not identical: ${goText([live, patch])}`);
  if (!all.some(isRecord)) {
    const merged = [...new Set([...live, ...patch])];
    return inOrder(merged, order, live, undefined);
  }
  const mergeKey = field?.patchMergeKey;
  if (mergeKey === undefined) throw unnamedError("map does not contain declared merge key");
  const merged = mergeObjectLists(live, patch, mergeKey, field?.item);
  return inOrder(merged.items, merged.isReplaced ? merged.items : order, live, mergeKey);
}

function mergeObjectLists(
  live: readonly unknown[],
  patch: readonly unknown[],
  mergeKey: string,
  item: SchemaView | undefined,
): { items: unknown[]; isReplaced: boolean } {
  const isReplaced = patch.some((entry) => isRecord(entry) && entry[patchDirective] === "replace");
  const items: unknown[] = isReplaced ? [] : [...live];
  for (const entry of patch) {
    if (!isRecord(entry)) continue;
    if (entry[patchDirective] === "replace") continue;
    if (entry[patchDirective] === "merge") throw unnamedError("merging lists cannot yet be specified in the patch");
    if (entry[mergeKey] === undefined) {
      throw unnamedError(`map: ${goText(entry)} does not contain declared merge key: ${mergeKey}`);
    }
    const index = indexIn(items, entry, mergeKey);
    if (entry[patchDirective] === "delete") {
      if (index >= 0) items.splice(index, 1);
    } else if (index >= 0) {
      items[index] = mergeFields(items[index] as Fields, entry, item);
    } else {
      items.push(mergeFields({}, entry, item));
    }
  }
  return { items, isReplaced };
}

/**
 * The order of a merged list: items that `order` names stand as it says; the others keep their live order and stand
 * before the first named item that follows them in the live list.
 */
function inOrder(
  merged: readonly unknown[],
  order: readonly unknown[],
  live: readonly unknown[],
  mergeKey: string | undefined,
): unknown[] {
  const named = merged.filter((item) => indexIn(order, item, mergeKey) >= 0);
  named.sort((a, b) => indexIn(order, a, mergeKey) - indexIn(order, b, mergeKey));
  const others = merged.filter((item) => indexIn(order, item, mergeKey) < 0);
  const result: unknown[] = [];
  let next = 0;
  for (const item of named) {
    const place = indexIn(live, item, mergeKey);
    while (next < others.length && place >= 0 && indexIn(live, others[next], mergeKey) < place) {
      result.push(others[next]);
      next += 1;
    }
    result.push(item);
  }
  return [...result, ...others.slice(next)];
}

function indexIn(list: readonly unknown[], item: unknown, mergeKey: string | undefined): number {
  if (mergeKey === undefined || !isRecord(item)) return list.findIndex((candidate) => deepEqual(candidate, item));
  const key = item[mergeKey];
  return list.findIndex((candidate) => isRecord(candidate) && deepEqual(candidate[mergeKey], key));
}
