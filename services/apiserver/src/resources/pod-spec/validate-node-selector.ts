import {
  type FieldError,
  type FieldPath,
  fieldErrors,
  isDns1123Subdomain,
  isQualifiedName,
  isValidLabelValue,
} from "@drydock/apimachinery";
import type { V1NodeSelector, V1NodeSelectorRequirement, V1NodeSelectorTerm } from "@drydock/kube-api";
import { each, type Finding, findings, invalidTexts } from "../meta/rules.ts";

export function validateNodeSelector(selector: V1NodeSelector | undefined, path: FieldPath): FieldError[] {
  const at = path.child("nodeSelectorTerms");
  const terms = selector?.nodeSelectorTerms ?? [];
  if (terms.length === 0) return [fieldErrors.required(at, "must have at least one node selector term")];
  return each(terms, at, validateNodeSelectorTerm);
}

export function validateNodeSelectorTerm(term: V1NodeSelectorTerm, path: FieldPath): FieldError[] {
  return findings(
    each(term.matchExpressions, path.child("matchExpressions"), validateLabelRequirement),
    each(term.matchFields, path.child("matchFields"), validateFieldRequirement),
  );
}

function validateLabelRequirement({ key, operator, values = [] }: V1NodeSelectorRequirement, path: FieldPath): Finding {
  return [
    validateOperator(operator, values, path),
    invalidTexts(path.child("key"), key, isQualifiedName(key ?? "")),
    each(values, path.child("values"), (value, at) => invalidTexts(at, value, isValidLabelValue(value))),
  ];
}

function validateOperator(operator: string, values: readonly string[], path: FieldPath): Finding {
  const at = path.child("values");
  switch (operator) {
    case "In":
    case "NotIn":
      return values.length === 0 && fieldErrors.required(at, "must be specified when `operator` is 'In' or 'NotIn'");
    case "Exists":
    case "DoesNotExist":
      return (
        values.length > 0 &&
        fieldErrors.forbidden(at, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
      );
    case "Gt":
    case "Lt":
      return (
        values.length !== 1 &&
        fieldErrors.required(at, "must be specified single value when `operator` is 'Lt' or 'Gt'")
      );
    default:
      return fieldErrors.invalid(path.child("operator"), operator ?? "", "not a valid selector operator");
  }
}

/** Of a node's fields only its name can be selected by. */
function validateFieldRequirement({ key, operator, values = [] }: V1NodeSelectorRequirement, path: FieldPath): Finding {
  const isKnown = operator === "In" || operator === "NotIn";
  return [
    !isKnown && fieldErrors.invalid(path.child("operator"), operator ?? "", "not a valid selector operator"),
    isKnown &&
      values.length !== 1 &&
      fieldErrors.required(
        path.child("values"),
        "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
      ),
    key === "metadata.name"
      ? each(values, path.child("values"), (value, at) => invalidTexts(at, value, isDns1123Subdomain(value)))
      : fieldErrors.invalid(path.child("key"), key ?? "", "not a valid field selector key"),
  ];
}
