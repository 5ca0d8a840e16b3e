import { deepEqual, type FieldError, FieldPath, fieldErrors, labelSelectorFromObject } from "@drydock/apimachinery";
import type { V1DaemonSet, V1DaemonSetUpdateStrategy } from "@drydock/kube-api";
import { selectorText } from "../core/service.ts";
import { column, defineKind, generationFromSpec, separateStatus, wideColumn } from "../meta/define-kind.ts";
import { isZeroIntOrPercent, validateIntOrPercent } from "../meta/int-or-percent.ts";
import { validateWorkloadSelector } from "../meta/label-selector-rules.ts";
import { findings, immutable, nonNegative, optionalOneOf } from "../meta/rules.ts";
import { dropDisabledFields, setPodTemplateDefaults } from "../pod-spec/defaults.ts";
import { workloadContainers, workloadImages } from "./workload-columns.ts";
import { validateWorkloadTemplate } from "./workload-template.ts";

const SPEC = FieldPath.of("spec");
const count = { type: "integer" } as const;

/** What apps/v1 keeps of a field that its predecessors had. */
const TEMPLATE_GENERATION = "deprecated.daemonset.template.generation";

export const daemonSet = defineKind<V1DaemonSet>({
  group: "apps",
  kind: "DaemonSet",
  resource: "daemonsets",
  shortNames: ["ds"],
  categories: ["all"],
  schema: "io.k8s.api.apps.v1.DaemonSet",
  strategy: {
    dropDisabled: ({ spec }) => dropDisabledFields(spec?.template?.spec),
    ...generationFromSpec,
    ...separateStatus.main,
    setDefaults({ metadata, spec }) {
      if (!spec) return;
      metadata.annotations = { [TEMPLATE_GENERATION]: "1", ...metadata.annotations };
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
    prepareForUpdate(object, old) {
      separateStatus.main.prepareForUpdate(object, old);
      const before = Number(old.metadata.annotations?.[TEMPLATE_GENERATION] ?? 1);
      const isChanged = !deepEqual(object.spec?.template, old.spec?.template);
      const generation = String(isChanged ? before + 1 : before);
      object.metadata.annotations = { ...object.metadata.annotations, [TEMPLATE_GENERATION]: generation };
    },
    prepareForCreate(object) {
      object.status = { currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 };
    },
    validate,
    validateUpdate: (object, old) => [
      ...validate(object),
      ...immutable(object.spec?.selector, old.spec?.selector, SPEC.child("selector")),
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
  return findings(
    validateWorkloadSelector(spec.selector, spec.template?.metadata?.labels, SPEC, "daemonset"),
    validateWorkloadTemplate(spec.template, SPEC.child("template"), "DaemonSet"),
    nonNegative(spec.minReadySeconds, SPEC.child("minReadySeconds")),
    validateUpdateStrategy(spec.updateStrategy, SPEC.child("updateStrategy")),
    nonNegative(spec.revisionHistoryLimit, SPEC.child("revisionHistoryLimit")),
  );
}

/** Either a node's old pod goes first or its new one comes first, not both. */
function validateUpdateStrategy(strategy: V1DaemonSetUpdateStrategy | undefined, path: FieldPath): FieldError[] {
  if (strategy?.type !== "RollingUpdate")
    return optionalOneOf(path.child("type"), strategy?.type ?? "", ["OnDelete", "RollingUpdate"]);
  const at = path.child("rollingUpdate");
  if (!strategy.rollingUpdate) return [fieldErrors.required(at)];
  const { maxUnavailable, maxSurge } = strategy.rollingUpdate;
  const hasSurge = !isZeroIntOrPercent(maxSurge);
  const hasUnavailable = !isZeroIntOrPercent(maxUnavailable);
  return findings(
    validateIntOrPercent(maxUnavailable, at.child("maxUnavailable")),
    validateIntOrPercent(maxSurge, at.child("maxSurge")),
    hasUnavailable &&
      hasSurge &&
      fieldErrors.invalid(at.child("maxSurge"), maxSurge, "may not be set when maxUnavailable is non-zero"),
    !hasUnavailable && !hasSurge && fieldErrors.required(at.child("maxUnavailable"), "cannot be 0 when maxSurge is 0"),
  );
}
