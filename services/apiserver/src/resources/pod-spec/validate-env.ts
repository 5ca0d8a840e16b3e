import {
  type FieldError,
  type FieldPath,
  fieldErrors,
  isConfigMapKey,
  isEnvVarName,
  isQualifiedName,
  tryParseQuantity,
} from "@drydock/apimachinery";
import type {
  V1EnvFromSource,
  V1EnvVar,
  V1EnvVarSource,
  V1ObjectFieldSelector,
  V1ResourceFieldSelector,
} from "@drydock/kube-api";
import { each, type Finding, invalidTexts } from "../meta/rules.ts";
import { isHugePages } from "./resource-names.ts";

const ENV_FIELDS = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
];
const CONTAINER_RESOURCES = [
  "limits.cpu",
  "limits.ephemeral-storage",
  "limits.memory",
  "requests.cpu",
  "requests.ephemeral-storage",
  "requests.memory",
];
const DIVISORS: Readonly<Record<string, readonly string[]>> = {
  cpu: ["1m", "1"],
  memory: ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"],
};

export function validateEnv(env: readonly V1EnvVar[] | undefined, path: FieldPath): FieldError[] {
  return each(env, path, ({ name, value, valueFrom }, at) => [
    name ? invalidTexts(at.child("name"), name, isEnvVarName(name)) : fieldErrors.required(at.child("name")),
    valueFrom && validateValueFrom(valueFrom, value, at.child("valueFrom")),
  ]);
}

function validateValueFrom(from: V1EnvVarSource, value: string | undefined, path: FieldPath): Finding {
  const count = Object.values(from).filter((source) => source !== undefined).length;
  const { fieldRef, resourceFieldRef, fileKeyRef } = from;
  return [
    fieldRef && validateFieldRef(fieldRef, path.child("fieldRef"), ENV_FIELDS),
    resourceFieldRef && validateResourceFieldRef(resourceFieldRef, path.child("resourceFieldRef"), false),
    (["configMapKeyRef", "secretKeyRef"] as const).map((field) => {
      const reference = from[field];
      const at = path.child(field);
      if (!reference) return undefined;
      return [
        !reference.name && fieldErrors.required(at.child("name")),
        reference.key
          ? invalidTexts(at.child("key"), reference.key, isConfigMapKey(reference.key))
          : fieldErrors.required(at.child("key")),
      ];
    }),
    fileKeyRef &&
      (["key", "volumeName", "path"] as const).map(
        (field) => !fileKeyRef[field] && fieldErrors.required(path.child("fileKeyRef", field)),
      ),
    count === 0 &&
      fieldErrors.invalid(
        path,
        "",
        "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
      ),
    value && count > 0 && fieldErrors.invalid(path, "", "may not be specified when `value` is not empty"),
    count > 1 && fieldErrors.invalid(path, "", "may not have more than one field specified at a time"),
  ];
}

/** A field of the pod itself: by name, or one label or annotation. */
export function validateFieldRef(
  { apiVersion, fieldPath }: V1ObjectFieldSelector,
  path: FieldPath,
  fields: readonly string[],
): Finding {
  if (!apiVersion) return fieldErrors.required(path.child("apiVersion"));
  if (!fieldPath) return fieldErrors.required(path.child("fieldPath"));
  const at = path.child("fieldPath");
  const subscript = /^(metadata\.(?:labels|annotations))\['(.*)'\]$/.exec(fieldPath);
  if (subscript) {
    const [, , key = ""] = subscript;
    return invalidTexts(at, key, isQualifiedName(subscript[1] === "metadata.labels" ? key : key.toLowerCase()));
  }
  if (fields.includes(fieldPath)) return [];
  const isKnown = ENV_FIELDS.includes(fieldPath) || ["metadata.labels", "metadata.annotations"].includes(fieldPath);
  return isKnown
    ? fieldErrors.notSupported(at, fieldPath, [...fields].sort())
    : fieldErrors.invalid(at, fieldPath, `error converting fieldPath: field label not supported: ${fieldPath}`);
}

export function validateResourceFieldRef(
  { containerName, resource, divisor = "0" }: V1ResourceFieldSelector,
  path: FieldPath,
  isVolume: boolean,
): Finding {
  if (isVolume && !containerName) return fieldErrors.required(path.child("containerName"));
  if (!resource) return fieldErrors.required(path.child("resource"));
  const [, kind = "", name = ""] = /^(limits|requests)\.(.*)$/.exec(resource) ?? [];
  const isKnown = CONTAINER_RESOURCES.includes(resource) || (kind !== "" && isHugePages(name));
  if (!isKnown) return fieldErrors.notSupported(path.child("resource"), resource, CONTAINER_RESOURCES);
  if (tryParseQuantity(divisor)?.isZero()) return [];
  const allowed = DIVISORS[name === "cpu" ? "cpu" : "memory"] ?? [];
  const text = tryParseQuantity(divisor)?.toString() ?? divisor;
  return (
    !allowed.some((candidate) => tryParseQuantity(candidate)?.nanos === tryParseQuantity(divisor)?.nanos) &&
    fieldErrors.invalid(
      path.child("divisor"),
      text,
      `only divisor's values ${allowed.join(", ")} are supported with the ${name === "cpu" ? "cpu" : name} resource`,
    )
  );
}

export function validateEnvFrom(sources: readonly V1EnvFromSource[] | undefined, path: FieldPath): FieldError[] {
  return each(sources, path, ({ prefix, configMapRef, secretRef }, at) => [
    prefix && invalidTexts(at.child("prefix"), prefix, isEnvVarName(prefix)),
    configMapRef && !configMapRef.name && fieldErrors.required(at.child("configMapRef", "name")),
    secretRef && !secretRef.name && fieldErrors.required(at.child("secretRef", "name")),
    !configMapRef && !secretRef && fieldErrors.invalid(at, "", "must specify one of: `configMapRef` or `secretRef`"),
    configMapRef && secretRef && fieldErrors.invalid(at, "", "may not have more than one field specified at a time"),
  ]);
}
