import { deepEqual, type FieldError, FieldPath, fieldErrors, stringifyJson } from "@drydock/apimachinery";
import { isObject, type Structural, schemaOfField } from "./structural.ts";

/** Lists of type set or map hold each item once; an object that broke this before may go on doing so where it has not changed. */
export function validateListTypes(value: unknown, schema: Structural, old?: unknown): FieldError[] {
  const errors: FieldError[] = [];
  visit(value, schema, old, FieldPath.root, errors);
  return errors;
}

function visit(value: unknown, schema: Structural, old: unknown, path: FieldPath, errors: FieldError[]): void {
  if (old !== undefined && deepEqual(value, old)) return;
  if (Array.isArray(value)) {
    judgeList(value, schema, path, errors);
    const { items } = schema;
    if (items) for (const [index, item] of value.entries()) visit(item, items, undefined, path.index(index), errors);
  } else if (isObject(value)) {
    for (const [name, item] of Object.entries(value)) {
      const field = schemaOfField(schema, name);
      if (field) visit(item, field, isObject(old) ? old[name] : undefined, path.child(name), errors);
    }
  }
}

function judgeList(list: readonly unknown[], schema: Structural, path: FieldPath, errors: FieldError[]): void {
  const type = schema["x-kubernetes-list-type"];
  if (type !== "set" && type !== "map") return;
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  const seen = new Set<string>();
  const reported = new Set<string>();
  list.forEach((item, index) => {
    const id = type === "map" && isObject(item) ? keyed(item, keys) : item;
    const text = canonical(id);
    if (seen.has(text) && !reported.has(text)) {
      errors.push(fieldErrors.duplicate(path.index(index), id));
      reported.add(text);
    }
    seen.add(text);
  });
}

function keyed(item: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(keys.filter((key) => item[key] !== undefined).map((key) => [key, item[key]]));
}

function canonical(value: unknown): string {
  if (!isObject(value)) return stringifyJson(value);
  return stringifyJson(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
