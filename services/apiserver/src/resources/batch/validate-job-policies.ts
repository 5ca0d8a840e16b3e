import { type FieldError, type FieldPath, fieldErrors, isQualifiedName, omittedValue } from "@drydock/apimachinery";
import type {
  V1JobSpec,
  V1PodFailurePolicyOnExitCodesRequirement,
  V1PodFailurePolicyRule,
  V1SuccessPolicyRule,
} from "@drydock/kube-api";
import { each, findings, invalidTexts, nonNegative, requiredOneOf, tooMany } from "../meta/rules.ts";
import { parseIndexes } from "./parse-indexes.ts";

const ACTIONS = ["Count", "FailIndex", "FailJob", "Ignore"];
const EXIT_CODE_OPERATORS = ["In", "NotIn"];
const CONDITION_STATUSES = ["False", "True", "Unknown"];
const RULES_MAX = 20;
const EXIT_CODES_MAX = 255;
const CONDITIONS_MAX = 20;
const INDEXES_BYTES_MAX = 65_536;

const valid = (values: readonly string[]) => `valid values: [${values.map((value) => `"${value}"`).join(" ")}]`;

export function validatePodFailurePolicy(spec: V1JobSpec, path: FieldPath): FieldError[] {
  const rules = spec.podFailurePolicy?.rules;
  const pod = spec.template.spec;
  const containers = [...(pod?.initContainers ?? []), ...(pod?.containers ?? [])].map(({ name }) => name);
  return findings(
    tooMany(rules, path.child("rules"), RULES_MAX),
    each(rules, path.child("rules"), (rule, at) => validateFailureRule(rule, at, spec, containers)),
  );
}

function validateFailureRule(
  rule: V1PodFailurePolicyRule,
  path: FieldPath,
  spec: V1JobSpec,
  containers: readonly string[],
): FieldError[] {
  const { action, onExitCodes, onPodConditions } = rule;
  const hasConditions = (onPodConditions?.length ?? 0) > 0;
  return findings(
    action === "FailIndex" && spec.backoffLimitPerIndex === undefined
      ? fieldErrors.invalid(path.child("action"), action, "requires the backoffLimitPerIndex to be set")
      : requiredOneOf(path.child("action"), action, ACTIONS, valid(ACTIONS)),
    onExitCodes && validateExitCodes(onExitCodes, path.child("onExitCodes"), containers),
    tooMany(onPodConditions, path.child("onPodConditions"), CONDITIONS_MAX),
    each(onPodConditions, path.child("onPodConditions"), ({ type, status }, at) => [
      ...requiredOneOf(at.child("status"), status, CONDITION_STATUSES, valid(CONDITION_STATUSES)),
      ...invalidTexts(at.child("type"), type, isQualifiedName(type ?? "")),
    ]),
    onExitCodes &&
      hasConditions &&
      fieldErrors.invalid(path, omittedValue, "specifying both OnExitCodes and OnPodConditions is not supported"),
    !onExitCodes &&
      !hasConditions &&
      fieldErrors.invalid(path, omittedValue, "specifying one of OnExitCodes and OnPodConditions is required"),
  );
}

function validateExitCodes(
  { operator, containerName, values }: V1PodFailurePolicyOnExitCodesRequirement,
  path: FieldPath,
  containers: readonly string[],
): FieldError[] {
  const isSorted = (values ?? []).every((value, index) => index === 0 || value >= (values[index - 1] as number));
  return findings(
    requiredOneOf(path.child("operator"), operator, EXIT_CODE_OPERATORS, valid(EXIT_CODE_OPERATORS)),
    containerName !== undefined &&
      !containers.includes(containerName) &&
      fieldErrors.invalid(
        path.child("containerName"),
        containerName,
        "must be one of the container or initContainer names in the pod template",
      ),
    (values ?? []).length === 0 &&
      fieldErrors.invalid(path.child("values"), values ?? [], "at least one value is required"),
    tooMany(values, path.child("values"), EXIT_CODES_MAX),
    each(values, path.child("values"), (value, at, index) => [
      operator === "In" && value === 0 && fieldErrors.invalid(at, value, "must not be 0 for the In operator"),
      values.indexOf(value) < index && fieldErrors.duplicate(at, value),
    ]),
    !isSorted && fieldErrors.invalid(path.child("values"), values, "must be ordered"),
  );
}

export function validateSuccessPolicy(spec: V1JobSpec, path: FieldPath): FieldError[] {
  const rules = spec.successPolicy?.rules;
  const at = path.child("rules");
  return findings(
    spec.completionMode !== "Indexed" && fieldErrors.invalid(path, omittedValue, "requires indexed completion mode"),
    (rules ?? []).length === 0 &&
      fieldErrors.required(at, "at least one rules must be specified when the successPolicy is specified"),
    tooMany(rules, at, RULES_MAX),
    each(rules, at, (rule, where) => validateSuccessRule(rule, where, spec.completions)),
  );
}

function validateSuccessRule(
  { succeededCount, succeededIndexes }: V1SuccessPolicyRule,
  path: FieldPath,
  completions: number | undefined,
): FieldError[] {
  if (succeededCount === undefined && succeededIndexes === undefined)
    return [fieldErrors.required(path, "at least one of succeededCount or succeededIndexes must be specified")];
  const countPath = path.child("succeededCount");
  const indexesPath = path.child("succeededIndexes");
  const parsed = succeededIndexes === undefined ? undefined : parseIndexes(succeededIndexes, completions ?? 0);
  const beyond = (count: number, limit: number | undefined, what: string) =>
    limit !== undefined &&
    count > limit &&
    fieldErrors.invalid(countPath, count, `must be less than or equal to ${limit} (${what})`);
  return findings(
    (succeededIndexes?.length ?? 0) > INDEXES_BYTES_MAX && fieldErrors.tooLong(indexesPath, INDEXES_BYTES_MAX),
    parsed?.error !== undefined &&
      fieldErrors.invalid(indexesPath, succeededIndexes, `error parsing succeededIndexes: ${parsed.error}`),
    nonNegative(succeededCount, countPath),
    succeededCount !== undefined && [
      beyond(succeededCount, completions, "the number of specified completions"),
      beyond(succeededCount, parsed?.total, "the number of indexes in the specified succeededIndexes field"),
    ],
  );
}
