import { isObject, type JsonObject, type Structural, schemaOfField, typeFields } from "./structural.ts";

/**
 * Removes what the schema does not know, in place, and tells the paths of what went. `isRoot` spares the fields that every
 * object has; so do embedded resources.
 */
export function prune(object: unknown, schema: Structural, isRoot: boolean): string[] {
  const removed: string[] = [];
  pruneValue(object, schema, isRoot || schema["x-kubernetes-embedded-resource"] === true, "", removed);
  return removed.sort();
}

function pruneValue(value: unknown, schema: Structural, isResource: boolean, path: string, removed: string[]): void {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (!items) return;
    value.forEach((item, index) => {
      pruneValue(item, items, items["x-kubernetes-embedded-resource"] === true, `${path}[${index}]`, removed);
    });
  } else if (isObject(value)) pruneFields(value, schema, isResource, path, removed);
}

function pruneFields(
  object: JsonObject,
  schema: Structural,
  isResource: boolean,
  path: string,
  removed: string[],
): void {
  const keepsUnknown = schema["x-kubernetes-preserve-unknown-fields"] === true || schema.additionalProperties === true;
  for (const [name, value] of Object.entries(object)) {
    if (isResource && typeFields.has(name)) continue;
    const inner = path === "" ? name : `${path}.${name}`;
    const field = schemaOfField(schema, name);
    if (field) pruneValue(value, field, field["x-kubernetes-embedded-resource"] === true, inner, removed);
    else if (!keepsUnknown) {
      delete object[name];
      removed.push(inner);
    }
  }
}
