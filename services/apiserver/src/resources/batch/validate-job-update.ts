import { deepClone, deepEqual, type FieldError, FieldPath, fieldErrors } from "@drydock/apimachinery";
import type { V1Job, V1JobSpec, V1PodTemplateSpec } from "@drydock/kube-api";
import { findings, immutable, restoreField } from "../meta/rules.ts";
import { validateJob } from "./validate-job.ts";

const SPEC = FieldPath.of("spec");

export function validateJobUpdate(job: V1Job, old: V1Job): FieldError[] {
  const { spec } = job;
  const { spec: before } = old;
  if (!spec || !before) return validateJob(job);
  const fixed = [
    "selector",
    "completionMode",
    "podFailurePolicy",
    "backoffLimitPerIndex",
    "managedBy",
    "successPolicy",
  ] as const;
  return findings(
    validateJob(job),
    validateCompletions(spec, before),
    validateTemplate(spec.template, old),
    ...fixed.map((field) => immutable(spec[field], before[field], SPEC.child(field))),
  );
}

/** An Indexed Job may grow and shrink, with all its indexes running at once. */
function validateCompletions(spec: V1JobSpec, old: V1JobSpec) {
  const path = SPEC.child("completions");
  if (spec.completionMode !== "Indexed" || spec.completions === undefined)
    return immutable(spec.completions, old.completions, path);
  if (spec.completions === old.completions) return [];
  const isTogether = spec.completions === spec.parallelism && old.completions === old.parallelism;
  return (
    !isTogether && fieldErrors.invalid(path, spec.completions, "can only be modified in tandem with spec.parallelism")
  );
}

/** Where the pods may run can still be decided while the Job is suspended and has not started (KEP-2926); what they need too (KEP-5440). */
function validateTemplate(template: V1PodTemplateSpec, old: V1Job): FieldError[] {
  const before = old.spec?.template;
  if (!before || deepEqual(template, before)) return [];
  const comparable = deepClone(template);
  if (old.spec?.suspend && old.status?.startTime === undefined) {
    comparable.metadata ??= {};
    for (const field of ["annotations", "labels"] as const)
      restoreField(comparable.metadata, before.metadata ?? {}, field);
    if (!before.metadata && Object.keys(comparable.metadata).length === 0) delete comparable.metadata;
    if (comparable.spec && before.spec) {
      for (const field of ["nodeSelector", "tolerations", "schedulingGates"] as const)
        restoreField(comparable.spec, before.spec, field);
      restoreNodeAffinity(comparable.spec, before.spec);
      for (const list of ["containers", "initContainers"] as const)
        comparable.spec[list]?.forEach((container, index) => {
          const twin = before.spec?.[list]?.[index];
          if (twin) restoreField(container, twin, "resources");
        });
    }
  }
  return immutable(comparable, before, SPEC.child("template")).map((error) => ({ ...error, badValue: template }));
}

type PodSpec = NonNullable<V1PodTemplateSpec["spec"]>;

function restoreNodeAffinity(spec: PodSpec, old: PodSpec): void {
  const affinity = { ...spec.affinity };
  restoreField(affinity, old.affinity ?? {}, "nodeAffinity");
  if (Object.keys(affinity).length > 0 || old.affinity) spec.affinity = affinity;
  else delete spec.affinity;
}
