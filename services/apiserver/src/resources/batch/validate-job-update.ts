import { deepClone, deepEqual, type FieldError, FieldPath, fieldErrors } from "@drydock/apimachinery";
import type { V1Container, V1Job, V1JobSpec, V1PodTemplateSpec } from "@drydock/kube-api";
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

/** While the Job is suspended and none of its pods is left, where pods may run (KEP-2926) and what they need (KEP-5440) may change. */
function validateTemplate(template: V1PodTemplateSpec, old: V1Job): FieldError[] {
  const before = old.spec?.template;
  if (!before || deepEqual(template, before)) return [];
  const path = SPEC.child("template");
  if (!isAtRest(old) || !template.spec || !before.spec) return immutable(template, before, path);
  const comparable = deepClone(template.spec);
  for (const field of ["nodeSelector", "tolerations", "schedulingGates"] as const)
    restoreField(comparable, before.spec, field);
  restoreNodeAffinity(comparable, before.spec);
  restoreResources(comparable.containers, before.spec.containers);
  restoreResources(comparable.initContainers, before.spec.initContainers);
  const errors = immutable(comparable, before.spec, path.child("spec"));
  return errors.map((error) => ({ ...error, badValue: template.spec }));
}

function isAtRest({ spec, status }: V1Job): boolean {
  const isSuspended = status?.conditions?.some((item) => item.type === "Suspended" && item.status === "True");
  return spec?.suspend === true && isSuspended === true && !status?.active;
}

function restoreResources(containers: readonly V1Container[] = [], old: readonly V1Container[] = []): void {
  if (containers.length !== old.length) return;
  for (const [index, container] of containers.entries()) {
    const twin = old[index];
    if (twin?.name === container.name) restoreField(container, twin, "resources");
  }
}

type PodSpec = NonNullable<V1PodTemplateSpec["spec"]>;

function restoreNodeAffinity(spec: PodSpec, old: PodSpec): void {
  const affinity = { ...spec.affinity };
  restoreField(affinity, old.affinity ?? {}, "nodeAffinity");
  if (Object.keys(affinity).length > 0 || old.affinity) spec.affinity = affinity;
  else delete spec.affinity;
}
