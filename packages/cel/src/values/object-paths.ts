import { MapValue, type Value } from "./value.ts";

/**
 * What is wrong with the names of constructed objects: below `Object`, each must be named by the path of fields that leads to it
 * (`Object.spec.template`), through lists and maps as if they were not there. Undefined when all fit.
 */
export function mismatchedObjectName(value: Value, root = "Object"): string | undefined {
  if (Array.isArray(value)) return firstOf(value as readonly Value[], (item) => mismatchedObjectName(item, root));
  if (!(value instanceof MapValue)) return undefined;
  const isObject = value.typeName !== undefined;
  if (isObject && value.typeName !== root)
    return `unexpected type name ${JSON.stringify(value.typeName)}, expected ${JSON.stringify(root)}, which matches field name path from root Object type`;
  return firstOf(value.keys(), (key) =>
    mismatchedObjectName(value.get(key) as Value, isObject ? `${root}.${String(key)}` : root),
  );
}

function firstOf(items: readonly Value[], find: (item: Value) => string | undefined): string | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
