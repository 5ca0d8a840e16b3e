import {
  type FieldError,
  type FieldPath,
  fieldErrors,
  isQualifiedName,
  isValidLabelValue,
} from "@drydock/apimachinery";
import type { V1Toleration } from "@drydock/kube-api";
import { each, invalidTexts, optionalOneOf } from "../meta/rules.ts";

const EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
const OPERATORS = ["Equal", "Exists"];

export function validateTolerations(tolerations: readonly V1Toleration[] | undefined, path: FieldPath): FieldError[] {
  return each(tolerations, path, ({ key, operator = "", value = "", effect, tolerationSeconds }, at) => [
    key && invalidTexts(at.child("key"), key, isQualifiedName(key)),
    !key &&
      operator !== "Exists" &&
      fieldErrors.invalid(
        at.child("operator"),
        operator,
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ),
    tolerationSeconds !== undefined &&
      effect !== "NoExecute" &&
      fieldErrors.invalid(
        at.child("effect"),
        effect ?? "",
        "effect must be 'NoExecute' when `tolerationSeconds` is set",
      ),
    (operator === "" || operator === "Equal") && invalidTexts(at.child("operator"), value, isValidLabelValue(value)),
    operator === "Exists" &&
      value !== "" &&
      fieldErrors.invalid(at.child("operator"), value, "value must be empty when `operator` is 'Exists'"),
    operator !== "" && optionalOneOf(at.child("operator"), operator, OPERATORS),
    effect && optionalOneOf(at.child("effect"), effect, EFFECTS),
  ]);
}
