import type { LabelSelector } from "@drydock/apimachinery";
import type { V1Pod, V1PodAffinityTerm } from "@drydock/kube-api";

/**
 * Keys whose values are the pod's own become part of the selectors beside them (KEP-3633, KEP-3243): from then on the term says all by
 * itself. Run once, when the pod is made.
 */
export function mergeLabelKeys({ metadata, spec }: V1Pod): void {
  const labels = metadata.labels ?? {};
  const { podAffinity, podAntiAffinity } = spec?.affinity ?? {};
  for (const affinity of [podAffinity, podAntiAffinity]) {
    for (const term of affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) mergeTerm(term, labels);
    for (const { podAffinityTerm } of affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [])
      mergeTerm(podAffinityTerm, labels);
  }
  for (const { labelSelector, matchLabelKeys } of spec?.topologySpreadConstraints ?? [])
    merge(labelSelector, matchLabelKeys, "In", labels);
}

type Labels = Readonly<Record<string, string>>;

function mergeTerm(term: V1PodAffinityTerm | undefined, labels: Labels): void {
  merge(term?.labelSelector, term?.matchLabelKeys, "In", labels);
  merge(term?.labelSelector, term?.mismatchLabelKeys, "NotIn", labels);
}

function merge(
  selector: LabelSelector | undefined,
  keys: readonly string[] | undefined,
  operator: "In" | "NotIn",
  labels: Labels,
): void {
  if (!selector) return;
  for (const key of keys ?? []) {
    const value = labels[key];
    if (value === undefined) continue;
    selector.matchExpressions ??= [];
    selector.matchExpressions.push({ key, operator, values: [value] });
  }
}
