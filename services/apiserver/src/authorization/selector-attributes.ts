import {
  type FieldError,
  type FieldPath,
  type FieldRequirement,
  fieldErrors,
  parseFieldSelector,
  parseLabelSelector,
  type Requirement,
} from "@drydock/apimachinery";
import type {
  V1FieldSelectorAttributes,
  V1FieldSelectorRequirement,
  V1LabelSelectorAttributes,
  V1LabelSelectorRequirement,
} from "@drydock/kube-api";
import type { RequestSelectors } from "./selectors.ts";

interface ReviewedSelectors {
  readonly fieldSelector?: V1FieldSelectorAttributes;
  readonly labelSelector?: V1LabelSelectorAttributes;
}

/** As a SubjectAccessReview tells of them. */
export function toReview({ fieldSelector, labelSelector }: RequestSelectors): ReviewedSelectors {
  const labels = labelSelector?.map(labelRequirement).filter((one) => one !== undefined);
  return {
    ...(fieldSelector && { fieldSelector: { requirements: fieldSelector.map(fieldRequirement) } }),
    ...(labels && labels.length > 0 && { labelSelector: { requirements: labels } }),
  };
}

function fieldRequirement({ path, operator, value }: FieldRequirement): V1FieldSelectorRequirement {
  return { key: path, operator: operator === "=" ? "In" : "NotIn", values: [value] };
}

/** Undefined for comparisons, which reviews have no word for. */
function labelRequirement({ key, operator, values }: Requirement): V1LabelSelectorRequirement | undefined {
  switch (operator) {
    case "exists":
      return { key, operator: "Exists" };
    case "!":
      return { key, operator: "DoesNotExist" };
    case "=":
    case "in":
      return { key, operator: "In", values: [...values].sort() };
    case "!=":
    case "notin":
      return { key, operator: "NotIn", values: [...values].sort() };
    default:
      return undefined;
  }
}

/** What a review says of selectors, and which of them could not be understood. */
export function fromReview(reviewed: ReviewedSelectors): { selectors: RequestSelectors; problems: string[] } {
  const problems: string[] = [];
  const understood = <T>(name: string, parse: () => T | undefined): T | undefined => {
    try {
      return parse();
    } catch {
      problems.push(`spec.resourceAttributes.${name} ignored due to parse error`);
      return undefined;
    }
  };
  const fieldSelector = understood("fieldSelector", () => fieldsOf(reviewed.fieldSelector));
  const labelSelector = understood("labelSelector", () => labelsOf(reviewed.labelSelector));
  return { selectors: { ...(fieldSelector && { fieldSelector }), ...(labelSelector && { labelSelector }) }, problems };
}

function fieldsOf(selector: V1FieldSelectorAttributes | undefined): readonly FieldRequirement[] | undefined {
  if (selector?.rawSelector) return parseFieldSelector(selector.rawSelector).requirements;
  return selector?.requirements?.map(({ key: path, operator, values = [] }) => {
    const [value] = values;
    if (value === undefined || values.length > 1) throw new Error("fields have one value");
    if (operator === "In") return { path, operator: "=", value };
    if (operator === "NotIn") return { path, operator: "!=", value };
    throw new Error("fields are equal or not");
  });
}

function labelsOf(selector: V1LabelSelectorAttributes | undefined): readonly Requirement[] | undefined {
  if (selector?.rawSelector) return parseLabelSelector(selector.rawSelector).requirements;
  return selector?.requirements?.map(({ key, operator, values = [] }) => {
    if (operator === "In") return { key, operator: "in", values };
    if (operator === "NotIn") return { key, operator: "notin", values };
    if (operator === "Exists") return { key, operator: "exists", values: [] };
    if (operator === "DoesNotExist") return { key, operator: "!", values: [] };
    throw new Error("not an operator");
  });
}

/** What is wrong with the selectors of a review. */
export function selectorProblems(reviewed: ReviewedSelectors, path: FieldPath): FieldError[] {
  return (["fieldSelector", "labelSelector"] as const).flatMap((name) => {
    const selector = reviewed[name];
    return selector ? problemsOf(selector, path.child(name)) : [];
  });
}

function problemsOf(
  { rawSelector = "", requirements = [] }: V1FieldSelectorAttributes | V1LabelSelectorAttributes,
  path: FieldPath,
): FieldError[] {
  const at = path.child("requirements");
  if (rawSelector !== "" && requirements.length > 0)
    return [
      fieldErrors.invalid(path.child("rawSelector"), rawSelector, "may not specified at the same time as requirements"),
    ];
  if (rawSelector === "" && requirements.length === 0)
    return [fieldErrors.required(at, `when ${path} is specified, requirements or rawSelector is required`)];
  return requirements.flatMap(({ key, operator, values = [] }, index) => {
    const each = at.index(index);
    const problems = key === "" ? [fieldErrors.required(each.child("key"), "must be specified")] : [];
    const wantsValues = operator === "In" || operator === "NotIn";
    const isAlone = operator === "Exists" || operator === "DoesNotExist";
    if (wantsValues && values.length === 0)
      problems.push(fieldErrors.required(each.child("values"), "must be specified when `operator` is 'In' or 'NotIn'"));
    if (isAlone && values.length > 0)
      problems.push(
        fieldErrors.forbidden(
          each.child("values"),
          "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
        ),
      );
    return problems;
  });
}
