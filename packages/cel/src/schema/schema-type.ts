import { type CelType, dyn, listType, mapType, simpleType } from "../types/cel-type.ts";
import { unescapeFieldName } from "./field-names.ts";
import { type CelSchema, isIntOrString, propertiesOf, valuesOf } from "./schema.ts";

/** The declared type of what a schema describes. Fields have their escaped names; `path` names the types of objects in messages. */
export function schemaType(schema: CelSchema, path = "object"): CelType {
  if (isIntOrString(schema)) return dyn;
  switch (schema.type) {
    case "object":
      return objectSchemaType(schema, path);
    case "array":
      return schema.items ? listType(schemaType(schema.items, `${path}.@idx`)) : listType(dyn);
    case "integer":
      return simpleType("int");
    case "number":
      return simpleType("double");
    case "boolean":
      return simpleType("bool");
    case "string":
      return stringSchemaType(schema.format);
    default:
      return dyn;
  }
}

function stringSchemaType(format: string | undefined): CelType {
  switch (format) {
    case "byte":
      return simpleType("bytes");
    case "date":
    case "date-time":
      return simpleType("timestamp");
    case "duration":
      return simpleType("duration");
    default:
      return simpleType("string");
  }
}

function objectSchemaType(schema: CelSchema, path: string): CelType {
  const values = valuesOf(schema);
  if (values) return mapType(simpleType("string"), schemaType(values, `${path}.@elem`));
  const properties = propertiesOf(schema);
  if (!properties)
    return schema["x-kubernetes-preserve-unknown-fields"] || schema.additionalProperties
      ? dyn
      : mapType(simpleType("string"), dyn);
  const known = new Map<string, CelType | undefined>();
  return {
    kind: "object",
    name: path,
    field(name) {
      if (!known.has(name)) {
        const property = unescapeFieldName(name);
        const child = Object.hasOwn(properties, property) ? properties[property] : undefined;
        known.set(name, child && schemaType(child, `${path}.${property}`));
      }
      return known.get(name);
    },
  };
}
