import { deepClone, isRecord, setOwn } from "./deep.ts";
import { goWordOf } from "./go-text.ts";
import { badRequest } from "./status-error.ts";

/** Applies an RFC 7386 merge patch to a copy of `document`: null removes, objects merge, anything else replaces. */
export function applyMergePatch<T>(document: T, patch: unknown): T {
  if (!isRecord(patch)) {
    const why = `json: cannot unmarshal ${goWordOf(patch)} into Go value of type map[string]interface {}`;
    throw badRequest(`error decoding patch: ${why}`);
  }
  return merge(document, patch) as T;
}

function merge(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return withoutNullFields(patch);
  const result: Record<string, unknown> = isRecord(target) ? deepClone(target) : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    if (value === null) delete result[key];
    else setOwn(result, key, merge(Object.hasOwn(result, key) ? result[key] : undefined, value));
  }
  return result;
}

/** What is taken as it is sets no field to null, not even within lists. Items of lists may be null. */
function withoutNullFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNullFields);
  return isRecord(value) ? merge({}, value) : value;
}
