import { type FieldError, type FieldPath, fieldErrors, tryParseQuantity } from "@drydock/apimachinery";
import type { V2HorizontalPodAutoscalerSpec, V2HPAScalingRules } from "@drydock/kube-api";
import { each, findings, optionalOneOf } from "../meta/rules.ts";
import { validateMetric } from "./validate-metrics.ts";
import { validateReference, validateTargetVersion } from "./validate-reference.ts";

const WINDOW_SECONDS_MAX = 3600;
const PERIOD_SECONDS_MAX = 1800;

export function validateAutoscalerSpec(spec: V2HorizontalPodAutoscalerSpec | undefined, path: FieldPath): FieldError[] {
  const { minReplicas, maxReplicas = 0, scaleTargetRef, metrics, behavior } = spec ?? {};
  const maxPath = path.child("maxReplicas");
  return findings(
    minReplicas !== undefined &&
      minReplicas < 1 &&
      fieldErrors.invalid(path.child("minReplicas"), minReplicas, "must be greater than or equal to 1"),
    maxReplicas === 0 && fieldErrors.required(maxPath, "must be set and greater than 0"),
    maxReplicas < 0 && fieldErrors.invalid(maxPath, maxReplicas, "must be greater than 0"),
    minReplicas !== undefined &&
      maxReplicas < minReplicas &&
      fieldErrors.invalid(maxPath, maxReplicas, "must be greater than or equal to `minReplicas`"),
    validateReference(scaleTargetRef, path.child("scaleTargetRef")),
    validateTargetVersion(scaleTargetRef, path.child("scaleTargetRef")),
    each(metrics, path.child("metrics"), validateMetric),
    behavior?.scaleUp && validateRules(behavior.scaleUp, path.child("behavior", "scaleUp")),
    behavior?.scaleDown && validateRules(behavior.scaleDown, path.child("behavior", "scaleDown")),
  );
}

function validateRules(rules: V2HPAScalingRules, path: FieldPath): FieldError[] {
  const { stabilizationWindowSeconds: seconds, selectPolicy, policies, tolerance } = rules;
  return findings(
    seconds !== undefined && inRange(path.child("stabilizationWindowSeconds"), seconds, 0, WINDOW_SECONDS_MAX),
    optionalOneOf(path.child("selectPolicy"), selectPolicy, ["Disabled", "Max", "Min"]),
    (policies ?? []).length === 0 && fieldErrors.required(path.child("policies"), "must specify at least one Policy"),
    each(policies, path.child("policies"), (policy, at) => [
      optionalOneOf(at.child("type"), policy.type ?? "", ["Percent", "Pods"]),
      !(policy.value > 0) && fieldErrors.invalid(at.child("value"), policy.value ?? 0, "must be greater than zero"),
      inRange(at.child("periodSeconds"), policy.periodSeconds ?? 0, 1, PERIOD_SECONDS_MAX),
    ]),
    tolerance !== undefined &&
      (tryParseQuantity(String(tolerance))?.toNumber() ?? 0) < 0 &&
      fieldErrors.invalid(path.child("tolerance"), tolerance, "must be greater than or equal to 0"),
  );
}

function inRange(path: FieldPath, value: number, min: 0 | 1, max: number) {
  const low = min === 0 ? "must be greater than or equal to zero" : "must be greater than zero";
  if (value < min) return fieldErrors.invalid(path, value, low);
  return value > max && fieldErrors.invalid(path, value, `must be less than or equal to ${max}`);
}
