import type { KubeObject } from "@drydock/apimachinery";
import type { V1ResourceQuota, V1ScopedResourceSelectorRequirement } from "@drydock/kube-api";
import { type Amounts, formatAmounts, growth, none, onlyNamed, parseAmounts, sumAmounts, units } from "./amounts.ts";
import type { Evaluator } from "./evaluator.ts";

export interface QuotaRequest {
  readonly evaluator: Evaluator;
  readonly object: KubeObject;
  /** Undefined for a create. */
  readonly oldObject: KubeObject | undefined;
  readonly nowMs: number;
}

export type Verdict =
  /** The quota stays as it is. */
  | { readonly kind: "unconcerned" }
  /** What the quota's `status.used` becomes. */
  | { readonly kind: "allowed"; readonly used: Amounts }
  /** Upstream's words. */
  | { readonly kind: "refused"; readonly message: string };

/** Judges one request by one quota, as the quota's status says it stands. Pure; the rules are those of upstream's quota controller. */
export function judge(quota: V1ResourceQuota, request: QuotaRequest): Verdict {
  const { evaluator, object, oldObject, nowMs } = request;
  const hard = parseAmounts(quota.status?.hard);
  const used = parseAmounts(quota.status?.used);
  const unconcerned: Verdict = { kind: "unconcerned" };
  if (!covers(quota, evaluator, object)) return unconcerned;
  const limited = new Set([...hard.keys()].filter((name) => evaluator.counts(name)));
  const { name } = quota.metadata;
  const omission = evaluator.omission?.(object, limited);
  if (omission !== undefined) return { kind: "refused", message: `failed quota: ${name}: ${omission}` };
  const unknown = [...limited].some((counted) => !used.has(counted));
  if (unknown)
    return {
      kind: "refused",
      message: `status unknown for quota: ${name}, resources: ${[...limited].sort().join(",")}`,
    };
  const after = evaluator.usage(object, nowMs);
  const negative = [...after].filter(([, amount]) => amount.nanos < 0n).map(([counted]) => counted);
  if (negative.length > 0)
    return { kind: "refused", message: `quota usage is negative for resource(s): ${negative.sort().join(",")}` };
  const before = oldObject && covers(quota, evaluator, oldObject) ? evaluator.usage(oldObject, nowMs) : none;
  const requested = onlyNamed(growth(before, after), new Set(hard.keys()));
  if (requested.size === 0) return unconcerned;
  const total = sumAmounts([used, requested]);
  const exceeded = new Set(
    [...requested.keys()].filter((counted) => {
      const [amount, limit] = [total.get(counted), hard.get(counted)];
      return amount && limit && amount.compare(limit) > 0;
    }),
  );
  if (exceeded.size === 0) return { kind: "allowed", used: total };
  const [asked, had, limits] = [requested, used, hard].map((amounts) => listed(onlyNamed(amounts, exceeded)));
  return { kind: "refused", message: `exceeded quota: ${name}, requested: ${asked}, used: ${had}, limited: ${limits}` };
}

/** What `spec.hard` names and this cluster can count, with what the given objects use of it. */
export function usedOf(
  quota: V1ResourceQuota,
  objects: Iterable<readonly [Evaluator, Iterable<KubeObject>]>,
  nowMs: number,
): Amounts {
  const hard = new Set(Object.keys(quota.spec?.hard ?? {}));
  const scopes = scopesOf(quota);
  const all: Amounts[] = [];
  for (const [evaluator, candidates] of objects) {
    const counted = new Set([...hard].filter((name) => evaluator.counts(name)));
    if (counted.size === 0) continue;
    all.push(new Map([...counted].map((name) => [name, units(0)])));
    for (const object of candidates)
      if (scopes.every((scope) => evaluator.isInScope(object, scope)))
        all.push(onlyNamed(evaluator.usage(object, nowMs), counted));
  }
  return sumAmounts(all);
}

export function covers(quota: V1ResourceQuota, evaluator: Evaluator, object: KubeObject): boolean {
  return (
    Object.keys(quota.status?.hard ?? {}).some((name) => evaluator.counts(name)) &&
    scopesOf(quota).every((scope) => evaluator.isInScope(object, scope))
  );
}

export function scopesOf({ spec }: V1ResourceQuota): V1ScopedResourceSelectorRequirement[] {
  const bare = (spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: "Exists" }));
  return [...bare, ...(spec?.scopeSelector?.matchExpressions ?? [])];
}

function listed(amounts: Amounts): string {
  return Object.entries(formatAmounts(amounts))
    .map(([name, text]) => `${name}=${text}`)
    .join(",");
}
