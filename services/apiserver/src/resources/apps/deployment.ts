import { type FieldError, FieldPath, FieldSet, fieldErrors, labelSelectorFromObject } from "@drydock/apimachinery";
import type { V1Deployment } from "@drydock/kube-api";
import { column, defineKind, separateStatus, wideColumn } from "../meta/define-kind.ts";
import { isZeroIntOrPercent, validateIntOrPercent } from "../meta/int-or-percent.ts";
import { validateWorkloadSelector } from "../meta/label-selector-rules.ts";
import { immutable, nonNegative, restoreField } from "../meta/rules.ts";
import { dropDisabledFields, setPodTemplateDefaults } from "../pod-spec/defaults.ts";
import { validateReplicaStatus } from "./replica-status.ts";
import { workloadContainers, workloadImages } from "./workload-columns.ts";
import { validateWorkloadTemplate } from "./workload-template.ts";

const SPEC = FieldPath.of("spec");

export const deployment = defineKind<V1Deployment>({
  group: "apps",
  kind: "Deployment",
  resource: "deployments",
  shortNames: ["deploy"],
  categories: ["all"],
  schema: "io.k8s.api.apps.v1.Deployment",
  strategy: {
    dropDisabled: ({ spec }) => dropDisabledFields(spec?.template?.spec),
    // Of this kind alone annotations count too: its controller hands them on.
    generationOf: ({ spec, metadata }) => ({ spec, annotations: metadata.annotations ?? {} }),
    ...separateStatus.main,
    setDefaults({ spec }) {
      if (!spec) return;
      setPodTemplateDefaults(spec.template);
      spec.replicas ??= 1;
      spec.strategy ??= {};
      spec.strategy.type ??= "RollingUpdate";
      if (spec.strategy.type === "RollingUpdate") {
        spec.strategy.rollingUpdate ??= {};
        spec.strategy.rollingUpdate.maxUnavailable ??= "25%";
        spec.strategy.rollingUpdate.maxSurge ??= "25%";
      }
      spec.revisionHistoryLimit ??= 10;
      spec.progressDeadlineSeconds ??= 600;
    },
    validate,
    validateUpdate: (object, old) => [
      ...validate(object),
      ...immutable(object.spec?.selector, old.spec?.selector, SPEC.child("selector")),
    ],
  },
  columns: [
    column("Ready", ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`),
    column("Up-to-date", ({ status }) => status?.updatedReplicas ?? 0),
    column("Available", ({ status }) => status?.availableReplicas ?? 0),
    wideColumn("Containers", ({ spec }) => workloadContainers(spec?.template)),
    wideColumn("Images", ({ spec }) => workloadImages(spec?.template)),
    wideColumn("Selector", ({ spec }) => labelSelectorFromObject(spec?.selector).toString()),
  ],
  subresources: {
    status: {
      resetFields: FieldSet.ofPaths("spec", "metadata.labels"),
      prepareForUpdate(object, old) {
        separateStatus.status.prepareForUpdate(object, old);
        restoreField(object.metadata, old.metadata, "labels");
      },
      validateUpdate: ({ status }) =>
        validateReplicaStatus(status, ["updatedReplicas", "readyReplicas", "availableReplicas"]),
    },
    scale: {
      specReplicas: ({ spec }) => spec?.replicas ?? 0,
      statusReplicas: ({ status }) => status?.replicas ?? 0,
      selector: ({ spec }) => labelSelectorFromObject(spec?.selector).toString(),
      setSpecReplicas(object, replicas) {
        if (object.spec) object.spec.replicas = replicas;
      },
    },
  },
});

function validate({ spec }: V1Deployment): FieldError[] {
  if (!spec) return [fieldErrors.required(SPEC.child("selector"))];
  const errors = [
    ...nonNegative(spec.replicas, SPEC.child("replicas")),
    ...validateWorkloadSelector(spec.selector, spec.template?.metadata?.labels, SPEC),
    ...validateWorkloadTemplate(spec.template, SPEC.child("template"), "ReplicaSet"),
    ...nonNegative(spec.minReadySeconds, SPEC.child("minReadySeconds")),
    ...nonNegative(spec.revisionHistoryLimit, SPEC.child("revisionHistoryLimit")),
    ...validateStrategy(spec.strategy),
  ];
  const deadline = spec.progressDeadlineSeconds;
  if (deadline !== undefined && deadline <= (spec.minReadySeconds ?? 0))
    errors.push(
      fieldErrors.invalid(SPEC.child("progressDeadlineSeconds"), deadline, "must be greater than minReadySeconds"),
    );
  return errors;
}

function validateStrategy(strategy: NonNullable<V1Deployment["spec"]>["strategy"]): FieldError[] {
  const path = SPEC.child("strategy");
  const type = strategy?.type;
  if (type !== "RollingUpdate" && type !== "Recreate")
    return [fieldErrors.notSupported(path.child("type"), type ?? "", ["Recreate", "RollingUpdate"])];
  if (type === "Recreate")
    return strategy?.rollingUpdate
      ? [fieldErrors.forbidden(path.child("rollingUpdate"), "may not be specified when strategy `type` is 'Recreate'")]
      : [];
  const errors: FieldError[] = [];
  const { maxSurge = 0, maxUnavailable = 0 } = strategy?.rollingUpdate ?? {};
  for (const [field, value] of Object.entries({ maxUnavailable, maxSurge }))
    errors.push(...validateIntOrPercent(value, path.child("rollingUpdate", field)));
  if (isZeroIntOrPercent(maxSurge) && isZeroIntOrPercent(maxUnavailable))
    errors.push(
      fieldErrors.invalid(
        path.child("rollingUpdate", "maxUnavailable"),
        maxUnavailable,
        "may not be 0 when `maxSurge` is 0",
      ),
    );
  return errors;
}
