import { isObject, type Structural, schemaOfField } from "./structural.ts";

/** Fills in the schema's defaults, in place: for fields that are missing, and for a null where null is not allowed; without a default such a null goes. */
export function setDefaults(value: unknown, schema: Structural): void {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (!items) return;
    value.forEach((item, index) => {
      if (item === null && items.nullable !== true && items.default !== undefined)
        value[index] = structuredClone(items.default);
      setDefaults(value[index], items);
    });
    return;
  }
  if (!isObject(value)) return;
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    if (field.default === undefined || (value[name] !== undefined && !(value[name] === null && !field.nullable)))
      continue;
    value[name] = structuredClone(field.default);
  }
  for (const [name, item] of Object.entries(value)) {
    const field = schemaOfField(schema, name);
    if (!field) continue;
    if (item === null && !field.nullable) delete value[name];
    else setDefaults(item, field);
  }
}
