import { deepEqual, type FieldError, FieldPath, fieldErrors, isConfigMapKey } from "@drydock/apimachinery";
import type { V1ConfigMap } from "@drydock/kube-api";
import { column, defineKind } from "../meta/define-kind.ts";

const MAX_BYTES = 1024 * 1024;

export const configMap = defineKind<V1ConfigMap>({
  kind: "ConfigMap",
  resource: "configmaps",
  shortNames: ["cm"],
  schema: "io.k8s.api.core.v1.ConfigMap",
  strategy: {
    validate,
    validateUpdate(object, old) {
      const errors = validate(object);
      if (!old.immutable) return errors;
      if (!object.immutable)
        errors.push(fieldErrors.forbidden(FieldPath.of("immutable"), "field is immutable when `immutable` is set"));
      for (const field of ["data", "binaryData"] as const) {
        if (!deepEqual(object[field], old[field]))
          errors.push(fieldErrors.forbidden(FieldPath.of(field), "field is immutable when `immutable` is set"));
      }
      return errors;
    },
  },
  columns: [
    column("Data", ({ data, binaryData }) => Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length),
  ],
});

function validate({ data = {}, binaryData = {} }: V1ConfigMap): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(data)) {
    for (const text of isConfigMapKey(key)) errors.push(fieldErrors.invalid(FieldPath.of("data").key(key), key, text));
    if (Object.hasOwn(binaryData, key))
      errors.push(fieldErrors.invalid(FieldPath.of("data").key(key), key, "duplicate of key present in binaryData"));
    bytes += Buffer.byteLength(value);
  }
  for (const [key, value] of Object.entries(binaryData)) {
    for (const text of isConfigMapKey(key))
      errors.push(fieldErrors.invalid(FieldPath.of("binaryData").key(key), key, text));
    bytes += Buffer.byteLength(value, "base64");
  }
  if (bytes > MAX_BYTES) errors.push(fieldErrors.tooLong(FieldPath.root, MAX_BYTES));
  return errors;
}
