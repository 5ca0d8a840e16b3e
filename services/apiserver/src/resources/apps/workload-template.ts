import { type FieldError, type FieldPath, fieldErrors } from "@drydock/apimachinery";
import type { V1PodTemplateSpec } from "@drydock/kube-api";
import { findings } from "../meta/rules.ts";
import { validatePodTemplate } from "../pod-spec/validate-pod-spec.ts";

/** The template of pods that are to run for ever. */
export function validateWorkloadTemplate(
  template: V1PodTemplateSpec | undefined,
  path: FieldPath,
  kind: string,
): FieldError[] {
  return findings(validatePodTemplate(template, path), validateEndless(template, path, kind));
}

/** Pods that end, by themselves or by a deadline, are for Jobs. */
export function validateEndless(template: V1PodTemplateSpec | undefined, path: FieldPath, kind: string): FieldError[] {
  const policy = template?.spec?.restartPolicy;
  return findings(
    policy && policy !== "Always" && fieldErrors.notSupported(path.child("spec", "restartPolicy"), policy, ["Always"]),
    template?.spec?.activeDeadlineSeconds !== undefined &&
      fieldErrors.forbidden(
        path.child("spec", "activeDeadlineSeconds"),
        `activeDeadlineSeconds in ${kind} is not Supported`,
      ),
  );
}
