import { isDns1123Label, labelSelectorFromObject } from "@drydock/apimachinery";
import type { V1StatefulSet } from "@drydock/kube-api";
import { setClaimDefaults } from "../core/claim-defaults.ts";
import { column, defineKind, generationFromSpec, separateStatus, wideColumn } from "../meta/define-kind.ts";
import { dropDisabledFields, setPodTemplateDefaults } from "../pod-spec/defaults.ts";
import { validateStatefulSet, validateStatefulSetStatus, validateStatefulSetUpdate } from "./validate-stateful-set.ts";
import { workloadContainers, workloadImages } from "./workload-columns.ts";

export const statefulSet = defineKind<V1StatefulSet>({
  group: "apps",
  kind: "StatefulSet",
  resource: "statefulsets",
  shortNames: ["sts"],
  categories: ["all"],
  schema: "io.k8s.api.apps.v1.StatefulSet",
  strategy: {
    dropDisabled: ({ spec }) => dropDisabledFields(spec?.template?.spec),
    ...generationFromSpec,
    ...separateStatus.main,
    validateName: isDns1123Label,
    setDefaults,
    prepareForCreate(object) {
      object.status = { replicas: 0, availableReplicas: 0 };
    },
    validate: validateStatefulSet,
    validateUpdate: validateStatefulSetUpdate,
  },
  columns: [
    column("Ready", ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`),
    wideColumn("Containers", ({ spec }) => workloadContainers(spec?.template)),
    wideColumn("Images", ({ spec }) => workloadImages(spec?.template)),
  ],
  subresources: {
    status: { prepareForUpdate: separateStatus.status.prepareForUpdate, validateUpdate: validateStatefulSetStatus },
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

function setDefaults({ spec }: V1StatefulSet): void {
  if (!spec) return;
  setPodTemplateDefaults(spec.template);
  spec.podManagementPolicy ||= "OrderedReady";
  spec.updateStrategy ??= {};
  spec.updateStrategy.type ||= "RollingUpdate";
  if (spec.updateStrategy.type === "RollingUpdate") {
    spec.updateStrategy.rollingUpdate ??= {};
    spec.updateStrategy.rollingUpdate.partition ??= 0;
  }
  spec.persistentVolumeClaimRetentionPolicy ??= {};
  spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= "Retain";
  spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= "Retain";
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.apiVersion ??= "v1";
    claim.kind ??= "PersistentVolumeClaim";
    setClaimDefaults(claim);
  }
}
