import { type CelType, dyn, escapeFieldName, listType, mapType, simpleType } from "@drydock/cel";
import { resolveSchema, type Schema } from "@drydock/kube-api";
import type { AdmittedResource } from "../../admission.ts";

const string = simpleType("string");

/** The type of a kind's objects, by the schema that its OpenAPI document has. Undefined when there is none. */
export function declaredType({ schema, custom, kind }: AdmittedResource): CelType {
  return typeOf(custom?.schemas[schema] ?? { $ref: `#/components/schemas/${schema}` }, kind);
}

function typeOf(property: Schema, name: string): CelType {
  const schema = resolveSchema(property);
  if (schema.format === "int-or-string" || schema.oneOf) return dyn;
  switch (schema.type) {
    case "object":
      return objectOf(schema, name);
    case "array":
      return listType(schema.items ? typeOf(schema.items, `${name}.@idx`) : dyn);
    case "integer":
      return simpleType("int");
    case "number":
      return simpleType("double");
    case "boolean":
      return simpleType("bool");
    case "string":
      return textOf(schema.format);
    default:
      return dyn;
  }
}

function textOf(format: string | undefined): CelType {
  if (format === "byte") return simpleType("bytes");
  return format === "date-time" || format === "date" ? simpleType("timestamp") : string;
}

function objectOf({ properties, additionalProperties }: Schema, name: string): CelType {
  if (!properties) return additionalProperties ? mapType(string, typeOf(additionalProperties, `${name}.@elem`)) : dyn;
  const fields = new Map(Object.entries(properties).map(([field, schema]) => [escapeFieldName(field), schema]));
  const known = new Map<string, CelType>();
  return {
    kind: "object",
    name,
    field(field) {
      const schema = fields.get(field);
      if (!schema) return undefined;
      const type = known.get(field) ?? typeOf(schema, `${name}.${field}`);
      known.set(field, type);
      return type;
    },
  };
}
