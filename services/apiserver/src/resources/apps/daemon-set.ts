import { type FieldError, FieldPath, fieldErrors, labelSelectorFromObject } from "@drydock/apimachinery";
import type { V1DaemonSet } from "@drydock/kube-api";
import { selectorText } from "../core/service.ts";
import { column, defineKind, generationFromSpec, separateStatus, wideColumn } from "../meta/define-kind.ts";
import { validateImmutable, validateNonNegative, validateWorkloadSelector } from "../meta/label-selector-rules.ts";
import { setPodTemplateDefaults } from "../pod-spec/defaults.ts";
import { validatePodTemplate } from "../pod-spec/validate-pod-spec.ts";
import { workloadContainers, workloadImages } from "./workload-columns.ts";

const SPEC = FieldPath.of("spec");
const count = { type: "integer" } as const;

export const daemonSet = defineKind<V1DaemonSet>({
  group: "apps",
  kind: "DaemonSet",
  resource: "daemonsets",
  shortNames: ["ds"],
  categories: ["all"],
  schema: "io.k8s.api.apps.v1.DaemonSet",
  strategy: {
    ...generationFromSpec,
    ...separateStatus.main,
    setDefaults({ spec }) {
      if (!spec) return;
      setPodTemplateDefaults(spec.template);
      spec.updateStrategy ??= {};
      spec.updateStrategy.type ??= "RollingUpdate";
      if (spec.updateStrategy.type === "RollingUpdate") {
        spec.updateStrategy.rollingUpdate ??= {};
        spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1;
        spec.updateStrategy.rollingUpdate.maxSurge ??= 0;
      }
      spec.revisionHistoryLimit ??= 10;
    },
    prepareForCreate(object) {
      object.status = { currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 };
    },
    validate,
    validateUpdate: (object, old) => [
      ...validate(object),
      ...validateImmutable(object.spec?.selector, old.spec?.selector, SPEC.child("selector")),
    ],
  },
  columns: [
    column("Desired", ({ status }) => status?.desiredNumberScheduled ?? 0, count),
    column("Current", ({ status }) => status?.currentNumberScheduled ?? 0, count),
    column("Ready", ({ status }) => status?.numberReady ?? 0, count),
    column("Up-to-date", ({ status }) => status?.updatedNumberScheduled ?? 0, count),
    column("Available", ({ status }) => status?.numberAvailable ?? 0, count),
    column("Node Selector", ({ spec }) => selectorText(spec?.template?.spec?.nodeSelector)),
    wideColumn("Containers", ({ spec }) => workloadContainers(spec?.template)),
    wideColumn("Images", ({ spec }) => workloadImages(spec?.template)),
    wideColumn("Selector", ({ spec }) => labelSelectorFromObject(spec?.selector).toString()),
  ],
  subresources: { status: separateStatus.status },
});

function validate({ spec }: V1DaemonSet): FieldError[] {
  if (!spec) return [fieldErrors.required(SPEC.child("selector"))];
  const errors = [
    ...validateWorkloadSelector(spec.selector, spec.template?.metadata?.labels, SPEC),
    ...validatePodTemplate(spec.template, SPEC.child("template")),
    ...validateNonNegative(spec.minReadySeconds, SPEC.child("minReadySeconds")),
    ...validateNonNegative(spec.revisionHistoryLimit, SPEC.child("revisionHistoryLimit")),
  ];
  const policy = spec.template?.spec?.restartPolicy;
  if (policy && policy !== "Always")
    errors.push(fieldErrors.notSupported(SPEC.child("template", "spec", "restartPolicy"), policy, ["Always"]));
  const type = spec.updateStrategy?.type;
  if (type !== "RollingUpdate" && type !== "OnDelete")
    errors.push(
      fieldErrors.notSupported(SPEC.child("updateStrategy", "type"), type ?? "", ["OnDelete", "RollingUpdate"]),
    );
  return errors;
}
