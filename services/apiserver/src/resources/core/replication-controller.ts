import { FieldPath, fieldErrors, labelSelectorFromMap } from "@drydock/apimachinery";
import type { V1ReplicationController } from "@drydock/kube-api";
import { validateReplicaStatus } from "../apps/replica-status.ts";
import { replicaCountColumns, workloadImages } from "../apps/workload-columns.ts";
import { validateWorkloadTemplate } from "../apps/workload-template.ts";
import { defineKind, generationFromSpec, separateStatus, wideColumn } from "../meta/define-kind.ts";
import { nonNegative } from "../meta/rules.ts";
import { dropDisabledFields, setPodTemplateDefaults } from "../pod-spec/defaults.ts";
import { selectorText } from "./service.ts";

const SPEC = FieldPath.of("spec");

export const replicationController = defineKind<V1ReplicationController>({
  kind: "ReplicationController",
  resource: "replicationcontrollers",
  shortNames: ["rc"],
  categories: ["all"],
  schema: "io.k8s.api.core.v1.ReplicationController",
  storagePrefix: "controllers",
  strategy: {
    dropDisabled: ({ spec }) => dropDisabledFields(spec?.template?.spec),
    ...generationFromSpec,
    ...separateStatus.main,
    defaultPropagation: "Orphan",
    setDefaults(object) {
      const { spec } = object;
      if (!spec) return;
      setPodTemplateDefaults(spec.template);
      const labels = spec.template?.metadata?.labels;
      if (labels && Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
      if (labels && Object.keys(object.metadata.labels ?? {}).length === 0) object.metadata.labels = { ...labels };
      spec.replicas ??= 1;
    },
    prepareForCreate(object) {
      object.status = { replicas: 0 };
    },
    validate,
    validateUpdate: validate,
  },
  columns: [
    ...replicaCountColumns<V1ReplicationController>(),
    wideColumn("Containers", ({ spec }) => (spec?.template?.spec?.containers ?? []).map(({ name }) => name).join(",")),
    wideColumn("Images", ({ spec }) => workloadImages(spec?.template)),
    wideColumn("Selector", ({ spec }) => selectorText(spec?.selector)),
  ],
  selectableFields: { "status.replicas": ({ status }) => String(status?.replicas ?? 0) },
  subresources: {
    status: {
      prepareForUpdate: separateStatus.status.prepareForUpdate,
      validateUpdate: ({ status }) =>
        validateReplicaStatus(status, ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"]),
    },
    scale: {
      specReplicas: ({ spec }) => spec?.replicas ?? 0,
      statusReplicas: ({ status }) => status?.replicas ?? 0,
      selector: ({ spec }) => labelSelectorFromMap(spec?.selector).toString(),
      setSpecReplicas(object, replicas) {
        object.spec = { ...object.spec, replicas };
      },
    },
  },
});

function validate({ spec }: V1ReplicationController) {
  const errors = nonNegative(spec?.replicas, SPEC.child("replicas"));
  if (Object.keys(spec?.selector ?? {}).length === 0) errors.push(fieldErrors.required(SPEC.child("selector")));
  else if (!labelSelectorFromMap(spec?.selector).matches(spec?.template?.metadata?.labels ?? {}))
    errors.push(
      fieldErrors.invalid(
        SPEC.child("template", "metadata", "labels"),
        spec?.template?.metadata?.labels ?? {},
        "`selector` does not match template `labels`",
      ),
    );
  if (!spec?.template) errors.push(fieldErrors.required(SPEC.child("template")));
  else errors.push(...validateWorkloadTemplate(spec.template, SPEC.child("template"), "ReplicationController"));
  return errors;
}
