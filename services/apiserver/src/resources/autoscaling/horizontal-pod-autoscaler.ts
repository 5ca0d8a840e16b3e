import { FieldPath } from "@drydock/apimachinery";
import type { V2HorizontalPodAutoscaler, V2HPAScalingRules } from "@drydock/kube-api";
import { column, defineKind, separateStatus } from "../meta/define-kind.ts";
import { findings, nonNegative } from "../meta/rules.ts";
import { referenceText, targetsText } from "./autoscaler-columns.ts";
import { roundTripAnnotations } from "./convert-v1.ts";
import { validateAutoscalerSpec } from "./validate-autoscaler.ts";

const DEFAULT_UTILIZATION = 80;
const POLICY_SECONDS = 15;

export const horizontalPodAutoscaler = defineKind<V2HorizontalPodAutoscaler>({
  group: "autoscaling",
  version: "v2",
  kind: "HorizontalPodAutoscaler",
  resource: "horizontalpodautoscalers",
  shortNames: ["hpa"],
  categories: ["all"],
  schema: "io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler",
  strategy: {
    ...separateStatus.main,
    setDefaults: setAutoscalerDefaults,
    prepareForCreate(object) {
      object.status = { desiredReplicas: 0 };
    },
    validate: validateAutoscaler,
    validateUpdate: validateAutoscaler,
  },
  columns: [
    column("Reference", ({ spec }) => referenceText(spec?.scaleTargetRef)),
    column("Targets", ({ spec, status }) => targetsText(spec?.metrics ?? [], status?.currentMetrics ?? [])),
    column("MinPods", ({ spec }) => String(spec?.minReplicas ?? "<unset>")),
    column("MaxPods", ({ spec }) => spec?.maxReplicas ?? 0),
    column("Replicas", ({ status }) => status?.currentReplicas ?? 0),
  ],
  subresources: {
    status: { prepareForUpdate: separateStatus.status.prepareForUpdate, validateUpdate: validateAutoscalerStatus },
  },
});

/** Idempotent; CPU at 80 % where nobody says what to scale by. */
export function setAutoscalerDefaults({ metadata, spec }: V2HorizontalPodAutoscaler): void {
  for (const annotation of roundTripAnnotations) delete metadata.annotations?.[annotation];
  if (!spec) return;
  spec.minReplicas ??= 1;
  if ((spec.metrics ?? []).length === 0) {
    const target = { type: "Utilization", averageUtilization: DEFAULT_UTILIZATION };
    spec.metrics = [{ type: "Resource", resource: { name: "cpu", target } }];
  }
  if (!spec.behavior) return;
  const allPods = { type: "Percent", value: 100, periodSeconds: POLICY_SECONDS };
  const fourPods = { type: "Pods", value: 4, periodSeconds: POLICY_SECONDS };
  spec.behavior.scaleUp = withDefaults(spec.behavior.scaleUp, {
    stabilizationWindowSeconds: 0,
    selectPolicy: "Max",
    policies: [fourPods, allPods],
  });
  spec.behavior.scaleDown = withDefaults(spec.behavior.scaleDown, { selectPolicy: "Max", policies: [allPods] });
}

function withDefaults(rules: V2HPAScalingRules | undefined, defaults: V2HPAScalingRules): V2HPAScalingRules {
  return { ...defaults, ...rules };
}

export function validateAutoscaler({ spec }: V2HorizontalPodAutoscaler) {
  return validateAutoscalerSpec(spec, FieldPath.of("spec"));
}

export function validateAutoscalerStatus({ status }: V2HorizontalPodAutoscaler) {
  const path = FieldPath.of("status");
  return findings(
    (["currentReplicas", "desiredReplicas"] as const).map((field) => nonNegative(status?.[field], path.child(field))),
  );
}
