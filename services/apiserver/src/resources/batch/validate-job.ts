import {
  type FieldError,
  FieldPath,
  fieldErrors,
  isDns1123Label,
  isDomainPrefixedPath,
  labelSelectorFromObject,
} from "@drydock/apimachinery";
import type { V1Job, V1JobSpec } from "@drydock/kube-api";
import { validateLabelSelector } from "../meta/label-selector-rules.ts";
import { findings, invalidTexts, nonNegative, optionalOneOf } from "../meta/rules.ts";
import { validatePodTemplate } from "../pod-spec/validate-pod-spec.ts";
import { generatedLabels } from "./generated-selector.ts";
import { validatePodFailurePolicy, validateSuccessPolicy } from "./validate-job-policies.ts";

const SPEC = FieldPath.of("spec");
const INDEXED_PARALLELISM_MAX = 100_000;
const FAILED_INDEXES_MAX = 100_000;
const MANY_COMPLETIONS = 100_000;
const MANY_COMPLETIONS_FAILED_MAX = 10_000;
const MANAGED_BY_BYTES_MAX = 63;

/** Upstream's ValidateJob: metadata aside, all that must hold of a Job. */
export function validateJob(job: V1Job): FieldError[] {
  const { spec } = job;
  if (!spec) return [fieldErrors.required(SPEC.child("selector"))];
  return findings(
    validateGeneratedSelector(job, spec),
    validateHostname(job, spec),
    validateJobSpec(spec, SPEC),
    validateSelector(spec),
  );
}

/** The last pod's host name is the longest. */
function validateHostname({ metadata }: V1Job, { completionMode, completions = 0 }: V1JobSpec) {
  if (completionMode !== "Indexed" || completions <= 0) return [];
  const hostname = `${metadata.name}-${completions - 1}`;
  return (
    isDns1123Label(hostname).length > 0 &&
    fieldErrors.invalid(
      FieldPath.of("metadata", "name"),
      metadata.name,
      `will not able to create pod with invalid DNS hostname: ${hostname}`,
    )
  );
}

function validateGeneratedSelector(job: V1Job, { manualSelector, selector, template }: V1JobSpec): FieldError[] {
  if (manualSelector || !selector) return [];
  const labels = template.metadata?.labels;
  const expected = generatedLabels(job.metadata);
  const path = SPEC.child("template", "metadata", "labels");
  return findings(
    ...Object.entries(expected).map(([key, value]) => {
      if (labels?.[key] === undefined) return fieldErrors.required(path.key(key), `must be '${value}'`);
      return labels[key] !== value && fieldErrors.invalid(path.key(key), labels, `must be '${value}'`);
    }),
    !labelSelectorFromObject(selector).matches(expected) &&
      fieldErrors.invalid(SPEC.child("selector"), selector, "`selector` not auto-generated"),
  );
}

function validateSelector({ selector, template }: V1JobSpec): FieldError[] {
  const at = SPEC.child("selector");
  if (!selector) return [fieldErrors.required(at)];
  const errors = validateLabelSelector(selector, at);
  const labels = template.metadata?.labels ?? {};
  if (errors.length > 0 || labelSelectorFromObject(selector).matches(labels)) return errors;
  const text = "`selector` does not match template `labels`";
  return [fieldErrors.invalid(SPEC.child("template", "metadata", "labels"), labels, text)];
}

/** What holds of a Job's spec and of the template that a CronJob makes Jobs from. */
export function validateJobSpec(spec: V1JobSpec, path: FieldPath): FieldError[] {
  const counts = [
    "parallelism",
    "completions",
    "activeDeadlineSeconds",
    "backoffLimit",
    "ttlSecondsAfterFinished",
    "backoffLimitPerIndex",
    "maxFailedIndexes",
  ] as const;
  return findings(
    ...counts.map((field) => nonNegative(spec[field], path.child(field))),
    validateManagedBy(spec.managedBy, path.child("managedBy")),
    optionalOneOf(path.child("completionMode"), spec.completionMode, ["NonIndexed", "Indexed"]),
    spec.completionMode === "Indexed" ? validateIndexed(spec, path) : validateUnindexed(spec, path),
    spec.podFailurePolicy && validatePodFailurePolicy(spec, path.child("podFailurePolicy")),
    spec.successPolicy && validateSuccessPolicy(spec, path.child("successPolicy")),
    validateReplacementPolicy(spec, path.child("podReplacementPolicy")),
    validatePodTemplate(spec.template, path.child("template")),
    validateRestartPolicy(spec, path.child("template", "spec", "restartPolicy")),
  );
}

function validateManagedBy(managedBy: string | undefined, path: FieldPath) {
  if (managedBy === undefined) return [];
  return [
    invalidTexts(path, managedBy, isDomainPrefixedPath(managedBy)),
    managedBy.length > MANAGED_BY_BYTES_MAX && fieldErrors.tooLong(path, MANAGED_BY_BYTES_MAX),
  ];
}

function validateIndexed(spec: V1JobSpec, path: FieldPath) {
  const { completions, parallelism = 0, maxFailedIndexes, backoffLimitPerIndex } = spec;
  const failedPath = path.child("maxFailedIndexes");
  const hasMany = completions !== undefined && completions > MANY_COMPLETIONS && backoffLimitPerIndex !== undefined;
  return [
    completions === undefined && fieldErrors.required(path.child("completions"), "when completion mode is Indexed"),
    parallelism > INDEXED_PARALLELISM_MAX &&
      fieldErrors.invalid(
        path.child("parallelism"),
        parallelism,
        `must be less than or equal to ${INDEXED_PARALLELISM_MAX} when completion mode is Indexed`,
      ),
    maxFailedIndexes !== undefined && [
      completions !== undefined &&
        maxFailedIndexes > completions &&
        fieldErrors.invalid(failedPath, maxFailedIndexes, "must be less than or equal to completions"),
      maxFailedIndexes > FAILED_INDEXES_MAX &&
        fieldErrors.invalid(failedPath, maxFailedIndexes, `must be less than or equal to ${FAILED_INDEXES_MAX}`),
      hasMany &&
        maxFailedIndexes > MANY_COMPLETIONS_FAILED_MAX &&
        fieldErrors.invalid(
          failedPath,
          maxFailedIndexes,
          `must be less than or equal to ${MANY_COMPLETIONS_FAILED_MAX} when completions are above ${MANY_COMPLETIONS} and used with backoff limit per index`,
        ),
      backoffLimitPerIndex === undefined &&
        fieldErrors.required(path.child("backoffLimitPerIndex"), "when maxFailedIndexes is specified"),
    ],
    hasMany &&
      maxFailedIndexes === undefined &&
      fieldErrors.required(failedPath, `must be specified when completions is above ${MANY_COMPLETIONS}`),
  ];
}

function validateUnindexed({ backoffLimitPerIndex, maxFailedIndexes }: V1JobSpec, path: FieldPath) {
  const only = "requires indexed job";
  return [
    backoffLimitPerIndex !== undefined &&
      fieldErrors.invalid(path.child("backoffLimitPerIndex"), backoffLimitPerIndex, only),
    maxFailedIndexes !== undefined && fieldErrors.invalid(path.child("maxFailedIndexes"), maxFailedIndexes, only),
  ];
}

function validateReplacementPolicy({ podReplacementPolicy, podFailurePolicy }: V1JobSpec, path: FieldPath) {
  return optionalOneOf(path, podReplacementPolicy, podFailurePolicy ? ["Failed"] : ["Failed", "TerminatingOrFailed"]);
}

function validateRestartPolicy({ template, podFailurePolicy }: V1JobSpec, path: FieldPath) {
  const policy = template?.spec?.restartPolicy;
  // A policy that nobody chose has been defaulted to Always.
  if (!policy || policy === "Always") return fieldErrors.required(path, 'valid values: "OnFailure", "Never"');
  if (policy !== "OnFailure" && policy !== "Never")
    return fieldErrors.notSupported(path, policy, ["OnFailure", "Never"]);
  return (
    podFailurePolicy &&
    policy !== "Never" &&
    fieldErrors.invalid(path, policy, 'only "Never" is supported when podFailurePolicy is specified')
  );
}
