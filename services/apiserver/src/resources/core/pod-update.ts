import { deepClone, deepEqual, type FieldError, FieldPath, fieldErrors } from "@drydock/apimachinery";
import type { V1Pod, V1PodSpec } from "@drydock/kube-api";
import { restoreField } from "../meta/rules.ts";
import { validatePodSpec } from "../pod-spec/validate-pod-spec.ts";
import { validateGateChange, validatePlacementChange } from "./gated-pod.ts";

const SPEC = FieldPath.of("spec");
const UPDATE_RULE =
  "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

/**
 * Only images, a shorter deadline, more tolerations and fewer scheduling gates may change once a pod exists; while it has gates, also
 * a narrower choice of nodes.
 */
export function validatePodUpdate(object: V1Pod, old: V1Pod): FieldError[] {
  const errors = validatePodSpec(object.spec, SPEC);
  if (!object.spec || !old.spec) return errors;
  if (object.spec.containers.length !== old.spec.containers.length)
    return [...errors, fieldErrors.forbidden(SPEC.child("containers"), "pod updates may not add or remove containers")];
  errors.push(...validateGateChange(object.spec, old.spec), ...validatePlacementChange(object.spec, old.spec));
  const allowed = deepClone(object.spec);
  copyMutableFields(allowed, old.spec);
  if (!deepEqual(allowed, old.spec)) errors.push(fieldErrors.forbidden(SPEC, UPDATE_RULE));
  return errors;
}

/** Sets back what may differ, or has been judged, so that what is left must be equal. */
function copyMutableFields(spec: V1PodSpec, old: V1PodSpec): void {
  for (const field of ["containers", "initContainers"] as const) {
    spec[field]?.forEach((container, index) => {
      const before = old[field]?.[index];
      if (before?.image !== undefined) container.image = before.image;
    });
  }
  const isShorter =
    spec.activeDeadlineSeconds !== undefined &&
    (old.activeDeadlineSeconds === undefined || spec.activeDeadlineSeconds <= old.activeDeadlineSeconds);
  if (isShorter) restoreField(spec, old, "activeDeadlineSeconds");
  const keepsTolerations = (old.tolerations ?? []).every((toleration) =>
    (spec.tolerations ?? []).some((candidate) => deepEqual(candidate, toleration)),
  );
  if (keepsTolerations) restoreField(spec, old, "tolerations");
  restoreField(spec, old, "schedulingGates");
  if ((old.schedulingGates ?? []).length > 0) restorePlacement(spec, old);
}

function restorePlacement(spec: V1PodSpec, old: V1PodSpec): void {
  restoreField(spec, old, "nodeSelector");
  const { nodeAffinity: _, ...others } = spec.affinity ?? {};
  const before = old.affinity?.nodeAffinity;
  spec.affinity = before === undefined ? others : { ...others, nodeAffinity: before };
  if (old.affinity === undefined && Object.keys(spec.affinity).length === 0) delete spec.affinity;
}
