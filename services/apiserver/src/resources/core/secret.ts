import { deepEqual, type FieldError, FieldPath, fieldErrors, isConfigMapKey } from "@drydock/apimachinery";
import type { V1Secret } from "@drydock/kube-api";
import { column, defineKind } from "../meta/define-kind.ts";
import { immutable } from "../meta/rules.ts";

const MAX_BYTES = 1024 * 1024;

/** Keys that each type must have. */
const REQUIRED_KEYS: Readonly<Record<string, readonly string[]>> = {
  "kubernetes.io/dockercfg": [".dockercfg"],
  "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
  "kubernetes.io/ssh-auth": ["ssh-privatekey"],
  "kubernetes.io/tls": ["tls.crt", "tls.key"],
};

export const secret = defineKind<V1Secret>({
  kind: "Secret",
  resource: "secrets",
  schema: "io.k8s.api.core.v1.Secret",
  strategy: {
    setDefaults(object) {
      object.type ||= "Opaque";
      for (const [key, text] of Object.entries(object.stringData ?? {})) {
        object.data ??= {};
        object.data[key] = Buffer.from(text, "utf8").toString("base64");
      }
      delete object.stringData;
    },
    validate,
    validateUpdate(object, old) {
      const errors = [...validate(object), ...immutable(object.type, old.type, FieldPath.of("type"))];
      if (!old.immutable) return errors;
      if (!object.immutable)
        errors.push(fieldErrors.forbidden(FieldPath.of("immutable"), "field is immutable when `immutable` is set"));
      if (!deepEqual(object.data, old.data))
        errors.push(fieldErrors.forbidden(FieldPath.of("data"), "field is immutable when `immutable` is set"));
      return errors;
    },
  },
  columns: [column("Type", ({ type }) => type ?? ""), column("Data", ({ data }) => Object.keys(data ?? {}).length)],
  selectableFields: { type: ({ type }) => type ?? "" },
});

function validate({ type = "", data = {}, metadata }: V1Secret): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(data)) {
    for (const text of isConfigMapKey(key)) errors.push(fieldErrors.invalid(FieldPath.of("data").key(key), key, text));
    bytes += Buffer.byteLength(value, "base64");
  }
  if (bytes > MAX_BYTES) errors.push(fieldErrors.tooLong(FieldPath.of("data"), MAX_BYTES));
  for (const key of REQUIRED_KEYS[type] ?? [])
    if (data[key] === undefined) errors.push(fieldErrors.required(FieldPath.of("data").key(key)));
  if (type === "kubernetes.io/basic-auth" && data["username"] === undefined && data["password"] === undefined)
    for (const key of ["username", "password"]) errors.push(fieldErrors.required(FieldPath.of("data").key(key)));
  const json = { "kubernetes.io/dockercfg": ".dockercfg", "kubernetes.io/dockerconfigjson": ".dockerconfigjson" }[type];
  const config = json && data[json];
  if (json && config !== undefined && !isJson(Buffer.from(config, "base64").toString("utf8")))
    errors.push(
      fieldErrors.invalid(FieldPath.of("data").key(json), "<secret contents redacted>", "unexpected end of JSON input"),
    );
  const account = "kubernetes.io/service-account.name";
  if (type === "kubernetes.io/service-account-token" && !metadata.annotations?.[account])
    errors.push(fieldErrors.required(FieldPath.of("metadata", "annotations").key(account)));
  return errors;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
