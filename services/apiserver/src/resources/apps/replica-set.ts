import { type FieldError, FieldPath, fieldErrors, labelSelectorFromObject } from "@drydock/apimachinery";
import type { V1ReplicaSet } from "@drydock/kube-api";
import { defineKind, generationFromSpec, separateStatus, wideColumn } from "../meta/define-kind.ts";
import { validateWorkloadSelector } from "../meta/label-selector-rules.ts";
import { immutable, nonNegative } from "../meta/rules.ts";
import { dropDisabledFields, setPodTemplateDefaults } from "../pod-spec/defaults.ts";
import { validateReplicaStatus } from "./replica-status.ts";
import { replicaCountColumns, workloadContainers, workloadImages } from "./workload-columns.ts";
import { validateWorkloadTemplate } from "./workload-template.ts";

const SPEC = FieldPath.of("spec");

export const replicaSet = defineKind<V1ReplicaSet>({
  group: "apps",
  kind: "ReplicaSet",
  resource: "replicasets",
  shortNames: ["rs"],
  categories: ["all"],
  schema: "io.k8s.api.apps.v1.ReplicaSet",
  strategy: {
    dropDisabled: ({ spec }) => dropDisabledFields(spec?.template?.spec),
    ...generationFromSpec,
    ...separateStatus.main,
    setDefaults({ spec }) {
      if (!spec) return;
      setPodTemplateDefaults(spec.template);
      spec.replicas ??= 1;
    },
    prepareForCreate(object) {
      object.status = { replicas: 0 };
    },
    validate,
    validateUpdate: (object, old) => [
      ...validate(object),
      ...immutable(object.spec?.selector, old.spec?.selector, SPEC.child("selector")),
    ],
  },
  columns: [
    ...replicaCountColumns<V1ReplicaSet>(),
    wideColumn("Containers", ({ spec }) => workloadContainers(spec?.template)),
    wideColumn("Images", ({ spec }) => workloadImages(spec?.template)),
    wideColumn("Selector", ({ spec }) => labelSelectorFromObject(spec?.selector).toString()),
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
      selector: ({ spec }) => labelSelectorFromObject(spec?.selector).toString(),
      setSpecReplicas(object, replicas) {
        if (object.spec) object.spec.replicas = replicas;
      },
    },
  },
});

function validate({ spec }: V1ReplicaSet): FieldError[] {
  if (!spec) return [fieldErrors.required(SPEC.child("selector"))];
  return [
    ...nonNegative(spec.replicas, SPEC.child("replicas")),
    ...nonNegative(spec.minReadySeconds, SPEC.child("minReadySeconds")),
    ...validateWorkloadSelector(spec.selector, spec.template?.metadata?.labels, SPEC),
    ...validateWorkloadTemplate(spec.template, SPEC.child("template"), "ReplicaSet"),
  ];
}
