import type {
  V1Affinity,
  V1Container,
  V1Pod,
  V1PodAffinityTerm,
  V1ScopedResourceSelectorRequirement,
} from "@drydock/kube-api";
import { type Amounts, parseAmounts, sumAmounts, units } from "./amounts.ts";
import {
  type Evaluator,
  isExtendedResource,
  isExtendedResourceRequest,
  matchesScopeValue,
  objectCountName,
} from "./evaluator.ts";
import { podTotals } from "./pod-totals.ts";

const resource = { group: "", resource: "pods" };
const COUNT = objectCountName(resource);
const SHARED = ["cpu", "memory", "ephemeral-storage"] as const;
const NAMES: ReadonlySet<string> = new Set([
  COUNT,
  "pods",
  ...SHARED.flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
]);
/** Where a quota limits one of these, every container must say how much it wants. */
const DEMANDED = ["cpu", "memory"].flatMap((name) => [name, `requests.${name}`, `limits.${name}`]);

export const podEvaluator: Evaluator = {
  resource,
  counts: (name) =>
    NAMES.has(name) ||
    name.startsWith("hugepages-") ||
    name.startsWith("requests.hugepages-") ||
    isExtendedResourceRequest(name),
  usage: (object, nowMs) => podUsage(object as V1Pod, nowMs),
  isInScope: (object, scope) => isInScope(object as V1Pod, scope),
  omission: (object, limited) => omission(object as V1Pod, limited),
  concerns(operation, subresource, object, oldObject) {
    if (operation === "create") return subresource === "";
    if (subresource === "resize") return true;
    return subresource === "" && isTerminating(object) !== isTerminating(oldObject ?? object);
  },
};

/** Its end is set. */
function isTerminating({ spec }: V1Pod): boolean {
  return (spec?.activeDeadlineSeconds ?? -1) >= 0;
}

/** A pod that has ended, or should have by now, takes up nothing but its place in the store. */
function podUsage(pod: V1Pod, nowMs: number): Amounts {
  const stored: Amounts = new Map([[COUNT, units(1)]]);
  if (!pod.spec || hasEnded(pod, nowMs)) return stored;
  return sumAmounts([stored, computeUsage(podTotals(pod.spec, "requests"), podTotals(pod.spec, "limits"))]);
}

function hasEnded({ metadata, status }: V1Pod, nowMs: number): boolean {
  if (status?.phase === "Failed" || status?.phase === "Succeeded") return true;
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  if (!deletionTimestamp || deletionGracePeriodSeconds === undefined) return false;
  return nowMs > Date.parse(deletionTimestamp) + Number(deletionGracePeriodSeconds) * 1000;
}

function computeUsage(requests: Amounts, limits: Amounts): Amounts {
  const result = new Map([["pods", units(1)]]);
  for (const [name, amount] of requests) {
    if (isShared(name) || name.startsWith("hugepages-")) result.set(name, amount).set(`requests.${name}`, amount);
    else if (isExtendedResource(name)) result.set(`requests.${name}`, amount);
  }
  for (const [name, amount] of limits) if (isShared(name)) result.set(`limits.${name}`, amount);
  return result;
}

function isShared(name: string): boolean {
  return (SHARED as readonly string[]).includes(name);
}

function omission({ spec }: V1Pod, limited: ReadonlySet<string>): string | undefined {
  const demanded = DEMANDED.filter((name) => limited.has(name));
  const ofPod = computeUsage(parseAmounts(spec?.resources?.requests), parseAmounts(spec?.resources?.limits));
  const missing = new Map<string, Set<string>>();
  for (const { name, resources } of [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]) {
    const said = computeUsage(parseAmounts(resources?.requests), parseAmounts(resources?.limits));
    for (const wanted of demanded)
      if (!said.has(wanted) && !ofPod.has(wanted)) missing.set(wanted, (missing.get(wanted) ?? new Set()).add(name));
  }
  if (missing.size === 0) return undefined;
  const parts = [...missing.keys()]
    .sort()
    .map((name) => `${name} for: ${[...(missing.get(name) ?? [])].sort().join(",")}`);
  return `must specify ${parts.join("; ")}`;
}

function isInScope(pod: V1Pod, scope: V1ScopedResourceSelectorRequirement): boolean {
  const { spec } = pod;
  switch (scope.scopeName) {
    case "Terminating":
      return isTerminating(pod);
    case "NotTerminating":
      return !isTerminating(pod);
    case "BestEffort":
      return isBestEffort(pod);
    case "NotBestEffort":
      return !isBestEffort(pod);
    case "PriorityClass":
      return matchesScopeValue(scope, spec?.priorityClassName || undefined);
    case "CrossNamespacePodAffinity":
      return looksAtOtherNamespaces(spec?.affinity);
    default:
      return false;
  }
}

/** Nothing asked of the processor or the memory, by the pod or by any container. */
function isBestEffort({ spec }: V1Pod): boolean {
  const says = ({ resources }: Pick<V1Container, "resources">) =>
    [...parseAmounts(resources?.requests), ...parseAmounts(resources?.limits)].some(
      ([name, amount]) => (name === "cpu" || name === "memory") && !amount.isZero(),
    );
  const all = [...(spec?.containers ?? []), ...(spec?.initContainers ?? []), { resources: spec?.resources }];
  return !all.some(says);
}

function looksAtOtherNamespaces(affinity: V1Affinity | undefined): boolean {
  const of = (part: V1Affinity["podAffinity"] | V1Affinity["podAntiAffinity"]): V1PodAffinityTerm[] => [
    ...(part?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(part?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ];
  return [...of(affinity?.podAffinity), ...of(affinity?.podAntiAffinity)].some(
    ({ namespaces, namespaceSelector }) => (namespaces?.length ?? 0) > 0 || namespaceSelector !== undefined,
  );
}
