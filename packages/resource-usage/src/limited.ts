import type { KubeObject } from "@drydock/apimachinery";
import type { V1ResourceQuota, V1ScopedResourceSelectorRequirement } from "@drydock/kube-api";
import { growth, none } from "./amounts.ts";
import type { Evaluator } from "./evaluator.ts";
import { covers, type QuotaRequest, scopesOf } from "./quota.ts";

/** What may be used only where a quota covers it. */
export interface LimitedResource {
  readonly apiGroup?: string;
  readonly resource: string;
  /** Parts of the names of what is used. */
  readonly matchContains?: readonly string[];
  readonly matchScopes?: readonly V1ScopedResourceSelectorRequirement[];
}

export type LimitedVerdict =
  | { readonly kind: "covered" }
  /** Names that no quota of the namespace limits. */
  | { readonly kind: "names"; readonly message: string }
  /** Scopes that no quota of the namespace has. */
  | { readonly kind: "scopes"; readonly message: string };

/** Whether a namespace's quotas cover what is limited of a request. Pure; upstream's words. */
export function judgeLimited(
  limited: readonly LimitedResource[],
  quotas: readonly V1ResourceQuota[],
  { evaluator, object, oldObject, nowMs }: QuotaRequest,
): LimitedVerdict {
  if (limited.length === 0) return { kind: "covered" };
  const after = evaluator.usage(object, nowMs);
  const used = growth(oldObject ? evaluator.usage(oldObject, nowMs) : none, after);
  if ([...used.values()].every((amount) => amount.nanos === 0n)) return { kind: "covered" };
  const covering = quotas.filter((quota) => covers(quota, evaluator, object));
  const names = limitedNames(limited, evaluator, [...after.keys()]);
  const held = new Set(covering.flatMap(({ status }) => Object.keys(status?.hard ?? {})).filter(evaluator.counts));
  const open = names.filter((name) => !held.has(name)).sort();
  if (open.length > 0) return { kind: "names", message: `insufficient quota to consume: ${open.join(",")}` };
  const inScope = (scopes: readonly V1ScopedResourceSelectorRequirement[], of: KubeObject) =>
    scopes.filter((scope) => evaluator.isInScope(of, scope));
  const known = new Set(quotas.flatMap((quota) => inScope(scopesOf(quota), object)).map(({ scopeName }) => scopeName));
  const uncovered = limited
    .flatMap(({ matchScopes = [] }) => inScope(matchScopes, object))
    .filter(({ scopeName }) => !known.has(scopeName));
  if (uncovered.length === 0) return { kind: "covered" };
  const shown = uncovered.map(
    ({ scopeName, operator, values = [] }) => `{${scopeName} ${operator} [${values.join(" ")}]}`,
  );
  return { kind: "scopes", message: `insufficient quota to match these scopes: [${shown.join(" ")}]` };
}

function limitedNames(limited: readonly LimitedResource[], { resource }: Evaluator, used: readonly string[]): string[] {
  const parts = limited
    .filter((one) => (one.apiGroup ?? "") === resource.group && one.resource === resource.resource)
    .flatMap(({ matchContains = [] }) => matchContains);
  return used.filter((name) => parts.some((part) => name.includes(part)));
}
