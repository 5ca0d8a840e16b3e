import { type CelType, compileCel } from "@drydock/cel";
import type { V1ExpressionWarning, V1NamedRuleWithOperations, V1ValidatingAdmissionPolicy } from "@drydock/kube-api";
import type { Registry } from "../../../registry/registry.ts";
import type { AdmittedResource } from "../../admission.ts";
import { environmentOf, type Scope } from "../../expressions/environment.ts";
import { compileVariables } from "../../expressions/variables.ts";
import { ConfigurationError, paramStoreOf } from "../params.ts";
import { declaredType } from "./declared-type.ts";

/** Of one rule, at most so many kinds are looked at. */
const KINDS_MAX = 10;

/**
 * What the expressions of a policy get wrong about the kinds that its rules name, by their schemas: fields that they do not have, types that
 * do not fit. It is told and changes nothing. Rules with wildcards name no kinds.
 */
export function checkTypes(policy: V1ValidatingAdmissionPolicy, registry: Registry): V1ExpressionWarning[] {
  const kinds = kindsOf(policy, registry);
  if (kinds.length === 0) return [];
  const paramsType = paramsTypeOf(policy, registry);
  const scopes = kinds.map((kind) => ({ kind, scope: scopeOf(policy, kind, paramsType) }));
  const check = (expression: string | undefined, fieldRef: string): V1ExpressionWarning[] => {
    if (!expression) return [];
    const found = scopes.flatMap(({ kind, scope }) => complaint(expression, kind, scope));
    return found.length === 0 ? [] : [{ fieldRef, warning: found.join("\n") }];
  };
  return (policy.spec?.validations ?? []).flatMap(({ expression, messageExpression }, index) => [
    ...check(expression, `spec.validations[${index}].expression`),
    ...check(messageExpression, `spec.validations[${index}].messageExpression`),
  ]);
}

function complaint(expression: string, { group, version, kind }: AdmittedResource, scope: Scope): string[] {
  const compiled = compileCel(expression, environmentOf(scope));
  return compiled.ok ? [] : [`${group}/${version}, Kind=${kind}: ${compiled.error}\n`];
}

function scopeOf(
  { spec }: V1ValidatingAdmissionPolicy,
  kind: AdmittedResource,
  paramsType: CelType | undefined,
): Scope {
  const base: Scope = {
    hasParams: paramsType !== undefined,
    paramsType,
    hasAuthorizer: true,
    lacksRequestResource: true,
    objectType: declaredType(kind),
  };
  return { ...base, variables: compileVariables(spec?.variables, base).type };
}

function paramsTypeOf({ spec }: V1ValidatingAdmissionPolicy, registry: Registry): CelType | undefined {
  try {
    const store = paramStoreOf(registry, spec?.paramKind);
    return store && declaredType(store.definition);
  } catch (error) {
    if (error instanceof ConfigurationError) return undefined;
    throw error;
  }
}

function kindsOf({ spec }: V1ValidatingAdmissionPolicy, registry: Registry): AdmittedResource[] {
  const found = (spec?.matchConstraints?.resourceRules ?? []).flatMap((rule) =>
    resourcesOf(rule)
      .flatMap(([group, version, resource]) => registry.find(group, version, resource)?.definition ?? [])
      .slice(0, KINDS_MAX),
  );
  const nameOf = ({ group, version, kind }: AdmittedResource) => [group, version, kind].join("\0");
  return [...new Set(found)].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

type Resource = readonly [group: string, version: string, resource: string];

function resourcesOf({ apiGroups = [], apiVersions = [], resources = [] }: V1NamedRuleWithOperations): Resource[] {
  if ([...apiGroups, ...apiVersions].some((text) => text.includes("*"))) return [];
  const names = resources.filter((text) => !/[*/]/.test(text)).sort();
  return [...apiGroups]
    .sort()
    .flatMap((group) =>
      [...apiVersions].sort().flatMap((version) => names.map((name): Resource => [group, version, name])),
    );
}
