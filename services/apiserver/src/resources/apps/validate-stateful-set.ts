import { deepClone, deepEqual, type FieldError, FieldPath, fieldErrors, isDns1123Label } from "@drydock/apimachinery";
import type { V1StatefulSet, V1StatefulSetSpec } from "@drydock/kube-api";
import { isZeroIntOrPercent, validateIntOrPercent } from "../meta/int-or-percent.ts";
import { validateAnnotationKeys, validateLabels } from "../meta/label-rules.ts";
import { validateWorkloadSelector } from "../meta/label-selector-rules.ts";
import { findings, invalidTexts, nonNegative, optionalOneOf, restoreField } from "../meta/rules.ts";
import { validateEndless } from "./workload-template.ts";

const SPEC = FieldPath.of("spec");
const MUTABLE = [
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
] as const;

export function validateStatefulSet({ spec }: V1StatefulSet): FieldError[] {
  if (!spec) return [fieldErrors.required(SPEC.child("selector"))];
  const { template } = spec;
  const retention = spec.persistentVolumeClaimRetentionPolicy;
  return findings(
    validatePodManagement(spec.podManagementPolicy),
    validateStrategy(spec, SPEC.child("updateStrategy")),
    (["whenDeleted", "whenScaled"] as const).map((field) =>
      optionalOneOf(SPEC.child("persistentVolumeClaimRetentionPolicy", field), retention?.[field], [
        "Retain",
        "Delete",
      ]),
    ),
    nonNegative(spec.replicas, SPEC.child("replicas")),
    nonNegative(spec.minReadySeconds, SPEC.child("minReadySeconds")),
    nonNegative(spec.ordinals?.start, SPEC.child("ordinals", "start")),
    nonNegative(spec.revisionHistoryLimit, SPEC.child("revisionHistoryLimit")),
    spec.serviceName && invalidTexts(SPEC.child("serviceName"), spec.serviceName, isDns1123Label(spec.serviceName)),
    validateWorkloadSelector(spec.selector, template?.metadata?.labels, SPEC, "statefulset"),
    (template?.spec?.containers ?? []).length === 0 &&
      fieldErrors.required(SPEC.child("template", "spec", "containers")),
    // The rest of the template is checked with the pods that are made of it: only then are its claims known.
    validateLabels(template?.metadata?.labels, SPEC.child("template", "labels")),
    validateAnnotationKeys(template?.metadata?.annotations, SPEC.child("template", "annotations")),
    validateEndless(template, SPEC.child("template"), "StatefulSet"),
  );
}

function validatePodManagement(policy: string | undefined) {
  const path = SPEC.child("podManagementPolicy");
  if (!policy) return fieldErrors.required(path);
  return (
    policy !== "OrderedReady" &&
    policy !== "Parallel" &&
    fieldErrors.invalid(path, policy, "must be 'OrderedReady' or 'Parallel'")
  );
}

function validateStrategy({ updateStrategy }: V1StatefulSetSpec, path: FieldPath) {
  const at = path.child("rollingUpdate");
  const rolling = updateStrategy?.rollingUpdate;
  switch (updateStrategy?.type) {
    case undefined:
    case "":
      return fieldErrors.required(path);
    case "OnDelete":
      return rolling && fieldErrors.invalid(at, rolling, "only allowed for updateStrategy 'RollingUpdate'");
    case "RollingUpdate":
      return [
        nonNegative(rolling?.partition, at.child("partition")),
        rolling?.maxUnavailable !== undefined && [
          validateIntOrPercent(rolling.maxUnavailable, at.child("maxUnavailable")),
          isZeroIntOrPercent(rolling.maxUnavailable) &&
            fieldErrors.invalid(at.child("maxUnavailable"), rolling.maxUnavailable, "cannot be 0"),
        ],
      ];
    default:
      return fieldErrors.invalid(path, updateStrategy, "must be 'RollingUpdate' or 'OnDelete'");
  }
}

export function validateStatefulSetUpdate(object: V1StatefulSet, old: V1StatefulSet): FieldError[] {
  const errors = validateStatefulSet(object);
  if (!object.spec || !old.spec) return errors;
  const comparable = deepClone(object.spec);
  for (const field of MUTABLE) restoreField(comparable, old.spec, field);
  if (deepEqual(comparable, old.spec)) return errors;
  const fields = MUTABLE.map((field) => `'${field}'`);
  const list = `${fields.slice(0, -1).join(", ")} and ${fields.at(-1)}`;
  return [
    ...errors,
    fieldErrors.forbidden(SPEC, `updates to statefulset spec for fields other than ${list} are forbidden`),
  ];
}

export function validateStatefulSetStatus({ status }: V1StatefulSet): FieldError[] {
  const path = FieldPath.of("status");
  const parts = ["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"] as const;
  const beyond = (field: (typeof parts)[number], limit: number | undefined, what: string) =>
    (status?.[field] ?? 0) > (limit ?? 0) &&
    fieldErrors.invalid(path.child(field), status?.[field], `cannot be greater than ${what}`);
  return findings(
    (["replicas", ...parts, "observedGeneration", "collisionCount"] as const).map((field) =>
      nonNegative(status?.[field], path.child(field)),
    ),
    (["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"] as const).map((field) =>
      beyond(field, status?.replicas, "status.replicas"),
    ),
    beyond("availableReplicas", status?.readyReplicas, "status.readyReplicas"),
  );
}
