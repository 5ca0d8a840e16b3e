import {
  type FieldError,
  type FieldPath,
  fieldErrors,
  isQualifiedName,
  isValidLabelValue,
  type LabelSelector,
  labelSelectorFromObject,
} from "@drydock/apimachinery";

const OPERATORS = ["In", "NotIn", "Exists", "DoesNotExist"];

/** Upstream's ValidateLabelSelector. */
export function validateLabelSelector(selector: LabelSelector | undefined, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(selector?.matchLabels ?? {})) {
    for (const text of isQualifiedName(key)) errors.push(fieldErrors.invalid(path.child("matchLabels"), key, text));
    for (const text of isValidLabelValue(value))
      errors.push(fieldErrors.invalid(path.child("matchLabels"), value, text));
  }
  (selector?.matchExpressions ?? []).forEach((expression, index) => {
    const at = path.child("matchExpressions").index(index);
    const hasValues = (expression.values?.length ?? 0) > 0;
    if (!OPERATORS.includes(expression.operator))
      errors.push(fieldErrors.invalid(at.child("operator"), expression.operator, "not a valid selector operator"));
    else if (/In$/.test(expression.operator) && !hasValues)
      errors.push(fieldErrors.required(at.child("values"), "must be specified when `operator` is 'In' or 'NotIn'"));
    else if (/Exist/.test(expression.operator) && hasValues)
      errors.push(
        fieldErrors.forbidden(at.child("values"), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
      );
    for (const text of isQualifiedName(expression.key ?? ""))
      errors.push(fieldErrors.invalid(at.child("key"), expression.key, text));
  });
  return errors;
}

/** A workload's selector: there, not empty, and matching what its template makes. */
export function validateWorkloadSelector(
  selector: LabelSelector | undefined,
  templateLabels: Readonly<Record<string, string>> | undefined,
  path: FieldPath,
  kind = "deployment",
): FieldError[] {
  const at = path.child("selector");
  const mismatch = fieldErrors.invalid(
    path.child("template", "metadata", "labels"),
    templateLabels ?? null,
    "`selector` does not match template `labels`",
  );
  // Upstream asks for the selector of a DaemonSet only so.
  if (!selector) return kind === "daemonset" ? [mismatch] : [fieldErrors.required(at), mismatch];
  const errors = validateLabelSelector(selector, at);
  const isEmpty =
    Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0;
  if (isEmpty) errors.push(fieldErrors.invalid(at, selector, `empty selector is invalid for ${kind}`));
  else if (errors.length === 0 && !labelSelectorFromObject(selector).matches(templateLabels ?? {}))
    errors.push(mismatch);
  return errors;
}
