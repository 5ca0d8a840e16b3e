import type { Schema } from "./render-schemas.ts";

/** Per schema name, per field: what its text, or each text in its list or map, may be. */
export type Enumerations = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** Writes them where upstream's documents have them: `kubectl explain` shows those of a field itself. */
export function addEnumerations(schemas: Record<string, Schema>, enumerations: Enumerations): void {
  for (const [name, fields] of Object.entries(enumerations))
    for (const [field, values] of Object.entries(fields)) addEnumeration(schemas[name], field, values);
}

function addEnumeration(schema: Schema | undefined, name: string, values: readonly string[]): void {
  const properties = schema?.["properties"] as Record<string, Schema> | undefined;
  const property = properties?.[name];
  if (!properties || !property) return;
  const element = property["items"] ? "items" : property["additionalProperties"] ? "additionalProperties" : undefined;
  if (element) {
    properties[name] = { ...property, [element]: { ...(property[element] as Schema), enum: values } };
    return;
  }
  const list = values.map((value) => ` - \`${JSON.stringify(value)}\``).join("\n");
  const description = [property["description"], `Possible enum values:\n${list}`].filter(Boolean).join("\n\n");
  properties[name] = { ...property, description, enum: values };
}
