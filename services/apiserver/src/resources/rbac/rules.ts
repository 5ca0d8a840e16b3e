import { type FieldError, FieldPath, fieldErrors } from "@drydock/apimachinery";
import type { V1PolicyRule } from "@drydock/kube-api";

const RULES = FieldPath.of("rules");

/** Upstream's ValidatePolicyRule. */
export function validateRules(rules: readonly V1PolicyRule[] | undefined, isNamespaced: boolean): FieldError[] {
  const errors: FieldError[] = [];
  (rules ?? []).forEach((rule, index) => {
    const path = RULES.index(index);
    if ((rule.verbs ?? []).length === 0)
      errors.push(fieldErrors.required(path.child("verbs"), "verbs must contain at least one value"));
    if ((rule.nonResourceURLs ?? []).length > 0) {
      if (isNamespaced)
        errors.push(
          fieldErrors.invalid(
            path.child("nonResourceURLs"),
            rule.nonResourceURLs,
            "namespaced rules cannot apply to non-resource URLs",
          ),
        );
      if ([rule.apiGroups, rule.resources, rule.resourceNames].some((list) => (list ?? []).length > 0))
        errors.push(
          fieldErrors.invalid(
            path.child("nonResourceURLs"),
            rule.nonResourceURLs,
            "rules cannot apply to both regular resources and non-resource URLs",
          ),
        );
      return;
    }
    if ((rule.apiGroups ?? []).length === 0)
      errors.push(fieldErrors.required(path.child("apiGroups"), "resource rules must supply at least one api group"));
    if ((rule.resources ?? []).length === 0)
      errors.push(fieldErrors.required(path.child("resources"), "resource rules must supply at least one resource"));
  });
  return errors;
}
