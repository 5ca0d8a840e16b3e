import { deepEqual, labelSelectorFromObject } from "@drydock/apimachinery";
import type { V1ClusterRole, V1PolicyRule } from "@drydock/kube-api";

/** The rules of the roles that an aggregated role selects, in order of their names, each once; undefined when it has just these. */
export function planRules(role: V1ClusterRole, all: readonly V1ClusterRole[]): V1PolicyRule[] | undefined {
  const selectors = (role.aggregationRule?.clusterRoleSelectors ?? []).map(labelSelectorFromObject);
  const rules: V1PolicyRule[] = [];
  for (const source of [...all].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))) {
    const isSelected = selectors.some((selector) => selector.matches(source.metadata.labels));
    if (!isSelected || source.metadata.name === role.metadata.name) continue;
    for (const rule of source.rules ?? []) if (!rules.some((known) => deepEqual(known, rule))) rules.push(rule);
  }
  return deepEqual(rules, role.rules ?? []) ? undefined : rules;
}
