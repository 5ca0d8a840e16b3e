import { type FieldError, FieldPath, fieldErrors } from "@drydock/apimachinery";
import type { V1PodDisruptionBudget } from "@drydock/kube-api";
import { validateConditions } from "../meta/condition-rules.ts";
import { column, defineKind, generationFromSpec, separateStatus } from "../meta/define-kind.ts";
import { validateIntOrPercent } from "../meta/int-or-percent.ts";
import { validateLabelSelector } from "../meta/label-selector-rules.ts";
import { findings, nonNegative, optionalOneOf } from "../meta/rules.ts";

const SPEC = FieldPath.of("spec");

export const podDisruptionBudget = defineKind<V1PodDisruptionBudget>({
  group: "policy",
  kind: "PodDisruptionBudget",
  resource: "poddisruptionbudgets",
  shortNames: ["pdb"],
  schema: "io.k8s.api.policy.v1.PodDisruptionBudget",
  strategy: {
    ...generationFromSpec,
    ...separateStatus.main,
    prepareForCreate(object) {
      object.status = { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 };
    },
    // Upstream never looks at the metadata of these.
    validateName: () => [],
    validate,
    validateUpdate: validate,
    allowUnconditionalUpdate: false,
  },
  columns: [
    column("Min Available", ({ spec }) => String(spec?.minAvailable ?? "N/A")),
    column("Max Unavailable", ({ spec }) => String(spec?.maxUnavailable ?? "N/A")),
    column("Allowed Disruptions", ({ status }) => status?.disruptionsAllowed ?? 0, { type: "integer" }),
  ],
  subresources: {
    status: { prepareForUpdate: separateStatus.status.prepareForUpdate, validateUpdate: validateStatus },
  },
});

function validate({ spec }: V1PodDisruptionBudget): FieldError[] {
  return findings(
    spec?.minAvailable !== undefined &&
      spec.maxUnavailable !== undefined &&
      fieldErrors.invalid(SPEC, spec, "minAvailable and maxUnavailable cannot be both set"),
    validateIntOrPercent(spec?.minAvailable, SPEC.child("minAvailable")),
    validateIntOrPercent(spec?.maxUnavailable, SPEC.child("maxUnavailable")),
    optionalOneOf(SPEC.child("unhealthyPodEvictionPolicy"), spec?.unhealthyPodEvictionPolicy, [
      "AlwaysAllow",
      "IfHealthyBudget",
    ]),
    validateLabelSelector(spec?.selector, SPEC.child("selector")),
  );
}

function validateStatus({ status }: V1PodDisruptionBudget): FieldError[] {
  const path = FieldPath.of("status");
  const counts = ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"] as const;
  return findings(
    validateConditions(status?.conditions, path.child("conditions")),
    counts.map((field) => nonNegative(status?.[field], path.child(field))),
  );
}
