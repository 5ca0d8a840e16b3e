import { type FieldError, type FieldPath, fieldErrors, isPathSegmentName } from "@drydock/apimachinery";
import type { V1MatchResources, V1NamedRuleWithOperations, V1RuleWithOperations } from "@drydock/kube-api";
import { validateLabelSelector } from "../meta/label-selector-rules.ts";
import { duplicates, each, type Finding, findings, invalidTexts, optionalOneOf, requiredOneOf } from "../meta/rules.ts";

const OPERATIONS = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
const SCOPES = ["*", "Cluster", "Namespaced"];
export const MATCH_POLICIES: readonly string[] = ["Equivalent", "Exact"];
export const FAILURE_POLICIES: readonly string[] = ["Fail", "Ignore"];

/** What a rule means when it does not say: any scope. */
export function setRuleDefaults(rules: readonly V1RuleWithOperations[] | undefined): void {
  for (const rule of rules ?? []) rule.scope ??= "*";
}

export function validateRule(rule: V1RuleWithOperations, path: FieldPath): FieldError[] {
  const isMixed = (values: readonly string[] | undefined) => (values ?? []).length > 1 && values?.includes("*");
  const alone = (field: "operations" | "apiGroups" | "apiVersions", others: string) => {
    const at = path.child(field);
    return [
      (rule[field] ?? []).length === 0 && fieldErrors.required(at),
      isMixed(rule[field]) &&
        fieldErrors.invalid(at, rule[field], `if '*' is present, must not specify other ${others}`),
    ];
  };
  return findings(
    alone("operations", "operations"),
    each(rule.operations, path.child("operations"), (operation, at) => optionalOneOf(at, operation, OPERATIONS)),
    alone("apiGroups", "API groups"),
    alone("apiVersions", "API versions"),
    each(rule.apiVersions, path.child("apiVersions"), (version, at) => version === "" && fieldErrors.required(at)),
    validateResources(rule.resources ?? [], path.child("resources")),
    optionalOneOf(path.child("scope"), rule.scope, SCOPES),
  );
}

// What one entry covers (`pods/*`, `*/scale`, `*`) must not be said again by another.
function validateResources(resources: readonly string[], path: FieldPath): FieldError[] {
  const wholes = new Set<string>();
  const everywhere = new Set<string>();
  const overlaps = each(resources, path, (resource, at) => {
    if (resource === "") return fieldErrors.required(at);
    const [name = "", sub] = splitOnce(resource);
    if (sub === undefined) return undefined;
    const errors = [
      wholes.has(name) && fieldErrors.invalid(at, resource, `if '${name}/*' is present, must not specify ${resource}`),
      everywhere.has(sub) &&
        fieldErrors.invalid(at, resource, `if '*/${sub}' is present, must not specify ${resource}`),
    ];
    if (sub === "*") wholes.add(name);
    if (name === "*") everywhere.add(sub);
    return errors;
  });
  const lastPlain = resources.filter((resource) => resource !== "" && !resource.includes("/")).at(-1);
  return findings(
    resources.length === 0 && fieldErrors.required(path),
    overlaps,
    resources.length > 1 &&
      resources.includes("*/*") &&
      fieldErrors.invalid(path, resources, "if '*/*' is present, must not specify other resources"),
    resources.includes("*") &&
      lastPlain !== "*" &&
      fieldErrors.invalid(path, resources, "if '*' is present, must not specify other resources without subresources"),
  );
}

function splitOnce(resource: string): [string, string | undefined] {
  const slash = resource.indexOf("/");
  return slash < 0 ? [resource, undefined] : [resource.slice(0, slash), resource.slice(slash + 1)];
}

export function setMatchDefaults(match: V1MatchResources | undefined): void {
  if (!match) return;
  match.matchPolicy ??= "Equivalent";
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  setRuleDefaults(match.resourceRules);
  setRuleDefaults(match.excludeResourceRules);
}

export function validateMatchResources(match: V1MatchResources | undefined, path: FieldPath): FieldError[] {
  if (!match) return [];
  const selector = (field: "namespaceSelector" | "objectSelector") =>
    match[field] ? validateLabelSelector(match[field], path.child(field)) : fieldErrors.required(path.child(field));
  return findings(
    requiredOneOf(path.child("matchPolicy"), match.matchPolicy, MATCH_POLICIES),
    selector("namespaceSelector"),
    selector("objectSelector"),
    each(match.resourceRules, path.child("resourceRules"), validateNamedRule),
    each(match.excludeResourceRules, path.child("excludeResourceRules"), validateNamedRule),
  );
}

/** A policy's own match: it must be there, and say what types its expressions are about. */
export function validateMatchConstraints(match: V1MatchResources | undefined, path: FieldPath): Finding {
  if (!match) return fieldErrors.required(path);
  return [
    validateMatchResources(match, path),
    (match.resourceRules ?? []).length === 0 && fieldErrors.required(path.child("resourceRules")),
  ];
}

function validateNamedRule(rule: V1NamedRuleWithOperations, path: FieldPath): Finding {
  const at = path.child("resourceNames");
  return [
    each(rule.resourceNames, at, (name, where) => invalidTexts(where, name, isPathSegmentName(name))),
    duplicates(
      rule.resourceNames,
      (index) => at.index(index),
      (name) => name,
    ),
    validateRule(rule, path),
  ];
}
