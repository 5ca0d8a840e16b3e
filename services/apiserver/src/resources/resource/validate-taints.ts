import { type FieldPath, fieldErrors, isQualifiedName, isValidLabelValue } from "@drydock/apimachinery";
import type { V1DeviceTaint, V1DeviceToleration } from "@drydock/kube-api";
import { type Finding, invalidTexts, optionalOneOf, requiredOneOf } from "../meta/rules.ts";

const EFFECTS = ["NoExecute", "NoSchedule", "None"];

export function validateTaint({ key, value, effect }: V1DeviceTaint, path: FieldPath): Finding {
  return [
    invalidTexts(path.child("key"), key, isQualifiedName(key ?? "")),
    value && invalidTexts(path.child("value"), value, isValidLabelValue(value)),
    requiredOneOf(path.child("effect"), effect, EFFECTS),
  ];
}

export function validateToleration(toleration: V1DeviceToleration, path: FieldPath): Finding {
  const { key, operator, value = "", effect } = toleration;
  const at = path.child("value");
  return [
    key && invalidTexts(path.child("key"), key, isQualifiedName(key)),
    requiredOneOf(path.child("operator"), operator, ["Equal", "Exists"]),
    operator === "Exists" && value !== "" && fieldErrors.invalid(at, value, "must be empty for operator `Exists`"),
    operator === "Equal" && invalidTexts(at, value, isValidLabelValue(value)),
    effect && optionalOneOf(path.child("effect"), effect, EFFECTS),
  ];
}

/** What must hold before pods are bound to a node, and what makes it fail: both or neither. */
export function validateBindingConditions(
  conditions: readonly string[] = [],
  failures: readonly string[] = [],
  path: FieldPath,
): Finding {
  const at = path.child("bindingConditions");
  const failuresAt = path.child("bindingFailureConditions");
  const max = 4;
  const list = (names: readonly string[], where: FieldPath): Finding =>
    names.length > max
      ? fieldErrors.tooMany(where, names.length, max)
      : names.map((name, index) => [
          invalidTexts(where.index(index), name, isQualifiedName(name)),
          names.indexOf(name) < index && fieldErrors.duplicate(where.index(index), name),
        ]);
  return [
    list(conditions, at),
    list(failures, failuresAt),
    failures.map(
      (name, index) =>
        conditions.includes(name) &&
        fieldErrors.invalid(
          failuresAt.index(index),
          name,
          "bindingFailureConditions must not overlap with bindingConditions",
        ),
    ),
    conditions.length === 0 &&
      failures.length > 0 &&
      fieldErrors.invalid(at, conditions, "bindingConditions are required to use bindingFailureConditions"),
    failures.length === 0 &&
      conditions.length > 0 &&
      fieldErrors.invalid(failuresAt, failures, "bindingFailureConditions are required to use bindingConditions"),
  ];
}
