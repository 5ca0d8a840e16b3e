import { deepEqual, type FieldError, FieldPath, fieldErrors, isQualifiedName } from "@drydock/apimachinery";
import type { V1StorageClass, V1VolumeAttributesClass } from "@drydock/kube-api";
import { ageColumn, column, defineKind, nameColumn } from "../meta/define-kind.ts";
import { each, type Finding, findings, immutable, invalidTexts, optionalOneOf, requiredOneOf } from "../meta/rules.ts";

const PARAMETERS_MAX = 512;
const PARAMETERS_BYTES_MAX = 256 * 1024;
const RECLAIM_POLICIES = ["Delete", "Retain"];
const BINDING_MODES = ["Immediate", "WaitForFirstConsumer"];
const DEFAULT_MARKS = [
  "storageclass.kubernetes.io/is-default-class",
  "storageclass.beta.kubernetes.io/is-default-class",
];

export const storageClass = defineKind<V1StorageClass>({
  group: "storage.k8s.io",
  kind: "StorageClass",
  resource: "storageclasses",
  shortNames: ["sc"],
  isNamespaced: false,
  schema: "io.k8s.api.storage.v1.StorageClass",
  strategy: {
    setDefaults(object) {
      object.reclaimPolicy ??= "Delete";
      object.volumeBindingMode ??= "Immediate";
    },
    validate,
    validateUpdate: (object, old) =>
      findings(
        ...(["parameters", "provisioner", "reclaimPolicy"] as const).map(
          (field) =>
            !deepEqual(object[field], old[field]) &&
            fieldErrors.forbidden(FieldPath.of(field), `updates to ${field} are forbidden.`),
        ),
        immutable(object.volumeBindingMode, old.volumeBindingMode, FieldPath.of("volumeBindingMode")),
        validateTopologies(object),
      ),
  },
  allColumns: [
    {
      ...nameColumn,
      value: ({ metadata }) => (isDefaultStorageClass({ metadata }) ? `${metadata.name} (default)` : metadata.name),
    },
    column("Provisioner", ({ provisioner }) => provisioner),
    column("ReclaimPolicy", ({ reclaimPolicy }) => reclaimPolicy ?? "Delete"),
    column("VolumeBindingMode", ({ volumeBindingMode }) => volumeBindingMode ?? "Immediate"),
    column("AllowVolumeExpansion", ({ allowVolumeExpansion }) => allowVolumeExpansion ?? false),
    ageColumn,
  ],
});

export const volumeAttributesClass = defineKind<V1VolumeAttributesClass>({
  group: "storage.k8s.io",
  kind: "VolumeAttributesClass",
  resource: "volumeattributesclasses",
  shortNames: ["vac"],
  isNamespaced: false,
  schema: "io.k8s.api.storage.v1.VolumeAttributesClass",
  strategy: {
    validate: (object) =>
      findings(
        validateProvisioner(object.driverName, FieldPath.of("driverName")),
        validateParameters(object.parameters, FieldPath.of("parameters")),
        Object.keys(object.parameters ?? {}).length === 0 &&
          fieldErrors.required(FieldPath.of("parameters"), "must contain at least one key/value pair"),
      ),
    validateUpdate: (object, old) =>
      findings(
        ...(["driverName", "parameters"] as const).map(
          (field) =>
            !deepEqual(object[field], old[field]) &&
            fieldErrors.forbidden(FieldPath.of(field), `updates to ${field} are forbidden.`),
        ),
      ),
  },
  columns: [column("DriverName", ({ driverName }) => driverName)],
});

export function isDefaultStorageClass({ metadata }: Pick<V1StorageClass, "metadata">): boolean {
  return DEFAULT_MARKS.some((mark) => metadata.annotations?.[mark] === "true");
}

function validate(object: V1StorageClass): FieldError[] {
  return findings(
    validateProvisioner(object.provisioner, FieldPath.of("provisioner")),
    validateParameters(object.parameters, FieldPath.of("parameters")),
    optionalOneOf(FieldPath.of("reclaimPolicy"), object.reclaimPolicy, RECLAIM_POLICIES),
    requiredOneOf(FieldPath.of("volumeBindingMode"), object.volumeBindingMode, BINDING_MODES),
    validateTopologies(object),
  );
}

function validateProvisioner(name: string | undefined, path: FieldPath): Finding {
  return name ? invalidTexts(path, name, isQualifiedName(name.toLowerCase())) : fieldErrors.required(path, name ?? "");
}

function validateParameters(parameters: Readonly<Record<string, string>> = {}, path: FieldPath): Finding {
  const entries = Object.entries(parameters);
  const bytes = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  if (entries.length > PARAMETERS_MAX) return fieldErrors.tooLong(path, PARAMETERS_MAX);
  return [
    Object.hasOwn(parameters, "") && fieldErrors.invalid(path, "", "field can not be empty."),
    bytes > PARAMETERS_BYTES_MAX && fieldErrors.tooLong(path, PARAMETERS_BYTES_MAX),
  ];
}

function validateTopologies({ allowedTopologies }: V1StorageClass): Finding {
  return each(allowedTopologies, FieldPath.of("allowedTopologies"), ({ matchLabelExpressions }, path) =>
    each(matchLabelExpressions, path.child("matchLabelExpressions"), ({ key, values = [] }, at) => [
      values.length === 0 && fieldErrors.required(at.child("values")),
      values.map(
        (value, index) =>
          values.indexOf(value) < index && fieldErrors.duplicate(at.child("values").index(index), value),
      ),
      invalidTexts(at.child("key"), key, isQualifiedName(key ?? "")),
    ]),
  );
}
