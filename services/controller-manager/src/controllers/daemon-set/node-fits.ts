import type { V1DaemonSet, V1Node, V1NodeSelectorRequirement } from "@drydock/kube-api";
import { tolerates } from "../node-lifecycle/plan-eviction.ts";
import { tolerationsOf } from "./daemon-pod.ts";

/** Whether a new daemon pod belongs on the node, and whether one that is there may stay (only NoExecute drives it off). */
export function nodeFits(set: V1DaemonSet, node: V1Node): { shouldRun: boolean; mayStay: boolean } {
  const template = set.spec?.template;
  const isWanted = matchesSelector(set, node) && matchesAffinity(set, node);
  const untolerated = (node.spec?.taints ?? [])
    .filter(({ effect }) => effect !== "PreferNoSchedule")
    .filter((taint) => !tolerationsOf(template).some((toleration) => tolerates(toleration, taint)));
  return {
    shouldRun: isWanted && untolerated.length === 0,
    mayStay: isWanted && !untolerated.some(({ effect }) => effect === "NoExecute"),
  };
}

function matchesSelector(set: V1DaemonSet, node: V1Node): boolean {
  const { nodeSelector = {}, nodeName } = set.spec?.template?.spec ?? {};
  const labels = node.metadata.labels ?? {};
  if (nodeName && nodeName !== node.metadata.name) return false;
  return Object.entries(nodeSelector).every(([key, value]) => labels[key] === value);
}

function matchesAffinity(set: V1DaemonSet, node: V1Node): boolean {
  const nodeAffinity = set.spec?.template?.spec?.affinity?.nodeAffinity;
  const terms = nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (!terms) return true;
  const labels = node.metadata.labels ?? {};
  const fields: Record<string, string> = { "metadata.name": node.metadata.name };
  return terms.some(({ matchExpressions = [], matchFields = [] }) => {
    const isEmpty = matchExpressions.length + matchFields.length === 0;
    return (
      !isEmpty &&
      matchExpressions.every((requirement) => matches(requirement, labels)) &&
      matchFields.every((requirement) => matches(requirement, fields))
    );
  });
}

function matches({ key, operator, values = [] }: V1NodeSelectorRequirement, labels: Record<string, string>): boolean {
  const value = labels[key];
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
      return Number(value) > Number(values[0]);
    case "Lt":
      return Number(value) < Number(values[0]);
    default:
      return false;
  }
}
