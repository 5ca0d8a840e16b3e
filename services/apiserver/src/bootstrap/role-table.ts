import type { RbacV1Subject, V1ClusterRole, V1PolicyRule } from "@drydock/kube-api";

export const RBAC_GROUP = "rbac.authorization.k8s.io";
export const API_VERSION = `${RBAC_GROUP}/v1`;
const AUTO_UPDATE = { "rbac.authorization.kubernetes.io/autoupdate": "true" };
const BOOTSTRAP_LABEL = { "kubernetes.io/bootstrapping": "rbac-defaults" };

/**
 * Rules by role, a line each: `groups | resources | verbs`, then `| names` where only those are meant, or `paths | verbs`. `core` is the
 * group without a name.
 */
export type RoleTable = Readonly<Record<string, readonly string[]>>;

export function parseRule(line: string): V1PolicyRule {
  const [first = [], second = [], verbs, resourceNames] = line.split(" | ").map((part) => part.split(" "));
  if (!verbs) return { verbs: second, nonResourceURLs: first };
  const apiGroups = first.map((group) => (group === "core" ? "" : group));
  return { verbs, apiGroups, resources: second, ...(resourceNames && { resourceNames }) };
}

/** What every object of the bootstrap policy bears. */
export function bootstrapMetadata(name: string, labels: Readonly<Record<string, string>> = {}) {
  return { name, labels: { ...BOOTSTRAP_LABEL, ...labels }, annotations: AUTO_UPDATE };
}

export function clusterRole(
  name: string,
  lines: readonly string[],
  labels: Readonly<Record<string, string>> = {},
): V1ClusterRole {
  return {
    apiVersion: API_VERSION,
    kind: "ClusterRole",
    metadata: bootstrapMetadata(name, labels),
    rules: lines.map(parseRule),
  };
}

export const group = (name: string): RbacV1Subject => ({ kind: "Group", apiGroup: RBAC_GROUP, name });
export const user = (name: string): RbacV1Subject => ({ kind: "User", apiGroup: RBAC_GROUP, name });
export const systemAccount = (name: string): RbacV1Subject => ({
  kind: "ServiceAccount",
  name,
  namespace: "kube-system",
});
