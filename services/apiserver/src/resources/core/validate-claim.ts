import { deepEqual, type FieldError, type FieldPath, fieldErrors, isDns1123Subdomain } from "@drydock/apimachinery";
import type { V1PersistentVolumeClaimSpec, V1TypedObjectReference } from "@drydock/kube-api";
import { validateLabelSelector } from "../meta/label-selector-rules.ts";
import { validatePositiveQuantity } from "../meta/quantity-rules.ts";
import { type Finding, findings, invalidTexts, optionalOneOf } from "../meta/rules.ts";
import { VOLUME_MODES, validateAccessModes, validateClassName } from "./volume-rules.ts";

/** Of claims and of the templates that pods bring along. */
export function validateClaimSpec(spec: V1PersistentVolumeClaimSpec | undefined, path: FieldPath): FieldError[] {
  const size = spec?.resources?.requests?.["storage"];
  const at = path.child("resources", "requests").key("storage");
  const { dataSource, dataSourceRef } = spec ?? {};
  return findings(
    validateAccessModes(spec?.accessModes, path.child("accessModes"), "at least 1 access mode is required"),
    spec?.selector && validateLabelSelector(spec.selector, path.child("selector")),
    size === undefined
      ? fieldErrors.required(path.child("resources").key("storage"))
      : validatePositiveQuantity(size, at),
    validateClassName(spec?.storageClassName, path.child("storageClassName")),
    optionalOneOf(path.child("volumeMode"), spec?.volumeMode, VOLUME_MODES),
    dataSource && validateSource(dataSource, path.child("dataSource")),
    dataSourceRef && [
      validateSource(dataSourceRef, path.child("dataSourceRef")),
      dataSourceRef.namespace &&
        dataSource &&
        fieldErrors.invalid(
          path,
          path.child("dataSource").toString(),
          "may not be specified when dataSourceRef.namespace is specified",
        ),
      !dataSourceRef.namespace &&
        dataSource &&
        !deepEqual(dataSource, dataSourceRef) &&
        fieldErrors.invalid(path, path.child("dataSource").toString(), "must match dataSourceRef"),
    ],
    validateClassName(spec?.volumeAttributesClassName, path.child("volumeAttributesClassName")),
  );
}

function validateSource({ apiGroup, kind, name, namespace }: V1TypedObjectReference, path: FieldPath): Finding {
  return [
    !name && fieldErrors.required(path.child("name")),
    !kind && fieldErrors.required(path.child("kind")),
    !apiGroup &&
      kind !== "PersistentVolumeClaim" &&
      fieldErrors.invalid(path, kind ?? "", "must be 'PersistentVolumeClaim' when referencing the default apiGroup"),
    apiGroup && invalidTexts(path.child("apiGroup"), apiGroup, isDns1123Subdomain(apiGroup)),
    namespace && invalidTexts(path.child("namespace"), namespace, isDns1123Subdomain(namespace)),
  ];
}
