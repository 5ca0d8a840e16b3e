import { isRecord } from "@drydock/apimachinery";
import { checkFields, type V1CustomResourceDefinition } from "@drydock/kube-api";
import { cannotBeHandled } from "../../registry/field-validation.ts";

const jsonSchemaProps = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";

/**
 * Decodes, in place, what the generated schema leaves open because it may be of several forms: the schemas of items and of a map's values.
 * Throws the decoder's 400 where they are none.
 */
export function normalizeSchemas({ spec }: V1CustomResourceDefinition): void {
  for (const { schema } of spec.versions ?? []) if (isRecord(schema?.openAPIV3Schema)) descend(schema.openAPIV3Schema);
}

type Loose = Record<string, unknown>;

function descend(schema: Loose): void {
  for (const field of ["items", "additionalProperties"]) {
    const child = schema[field];
    // The other form of each; a list of schemas is refused by validation.
    const isOtherForm = field === "items" ? Array.isArray(child) : typeof child === "boolean";
    if (isRecord(child)) schema[field] = decode(child);
    else if (child !== undefined && !isOtherForm)
      throw refusal(`json: cannot unmarshal ${jsonWord(child)} into Go struct field JSONSchemaProps.${field}`);
  }
  const lists = ["allOf", "anyOf", "oneOf"].flatMap((field) => (Array.isArray(schema[field]) ? schema[field] : []));
  const maps = isRecord(schema["properties"]) ? Object.values(schema["properties"]) : [];
  for (const child of [...lists, ...maps, schema["not"], schema["items"], schema["additionalProperties"]])
    if (isRecord(child)) descend(child);
}

function decode(child: Loose): Loose {
  const { value, typeErrors } = checkFields(child, jsonSchemaProps);
  if (typeErrors[0] !== undefined) throw refusal(typeErrors[0]);
  return value;
}

function jsonWord(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}

function refusal(why: string) {
  const kind = "CustomResourceDefinition";
  return cannotBeHandled({ group: "apiextensions.k8s.io", version: "v1", kind, schema: "" }, kind, why);
}
