import { checkFields } from "@drydock/kube-api";
import { isObject, type Structural, schemaOfField } from "./schema/structural.ts";

export const objectMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/**
 * Judges the metadata of objects within an object as any object's, whatever the schema says of it: takes unknown fields out, in place,
 * and tells their paths. Metadata with wrong types is left to validation.
 */
export function checkEmbeddedMetadata(value: unknown, schema: Structural, path = ""): string[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items ? value.flatMap((item, index) => checkOne(item, items, `${path}[${index}]`)) : [];
  }
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, item]) => {
    const field = schemaOfField(schema, name);
    return field ? checkOne(item, field, path === "" ? name : `${path}.${name}`) : [];
  });
}

function checkOne(value: unknown, schema: Structural, path: string): string[] {
  const isEmbedded = schema["x-kubernetes-embedded-resource"] === true;
  const own = isEmbedded && isObject(value) ? checkMetadataOf(value, path) : [];
  return [...own, ...checkEmbeddedMetadata(value, schema, path)];
}

function checkMetadataOf(object: Record<string, unknown>, path: string): string[] {
  if (!isObject(object["metadata"])) return [];
  const { value, unknown, typeErrors } = checkFields(object["metadata"], objectMeta);
  if (typeErrors.length > 0) return [];
  object["metadata"] = value;
  return unknown.map((name) => `${path}.metadata.${name}`);
}
