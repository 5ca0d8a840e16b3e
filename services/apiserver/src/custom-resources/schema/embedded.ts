import { type FieldError, FieldPath, fieldErrors } from "@drydock/apimachinery";
import { isObject, type Structural, schemaOfField } from "./structural.ts";

/** Whole objects within an object say what they are. */
export function validateEmbedded(value: unknown, schema: Structural): FieldError[] {
  const errors: FieldError[] = [];
  visit(value, { ...schema, "x-kubernetes-embedded-resource": false }, FieldPath.root, errors);
  return errors;
}

function visit(value: unknown, schema: Structural, path: FieldPath, errors: FieldError[]): void {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items) for (const [index, item] of value.entries()) visit(item, items, path.index(index), errors);
  } else if (isObject(value)) {
    if (schema["x-kubernetes-embedded-resource"]) judge(value, path, errors);
    for (const [name, item] of Object.entries(value)) {
      const field = schemaOfField(schema, name);
      if (field) visit(item, field, path.child(name), errors);
    }
  }
}

function judge(value: Record<string, unknown>, path: FieldPath, errors: FieldError[]): void {
  for (const name of ["apiVersion", "kind"]) {
    const text = value[name];
    if (text === undefined) errors.push(fieldErrors.required(path.child(name), "must not be empty"));
    else if (typeof text !== "string") errors.push(fieldErrors.invalid(path.child(name), text, "must be a string"));
    else if (text === "") errors.push(fieldErrors.invalid(path.child(name), text, "must not be empty"));
  }
  if (value["metadata"] !== undefined && !isObject(value["metadata"]))
    errors.push(fieldErrors.invalid(path.child("metadata"), value["metadata"], "must be an object"));
}
