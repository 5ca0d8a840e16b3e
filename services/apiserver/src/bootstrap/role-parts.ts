import type { V1ClusterRole, V1PolicyRule } from "@drydock/kube-api";

export const API_VERSION = "rbac.authorization.k8s.io/v1";
const AUTO_UPDATE = { "rbac.authorization.kubernetes.io/autoupdate": "true" };
const BOOTSTRAP_LABEL = { "kubernetes.io/bootstrapping": "rbac-defaults" };

/** What every object of the bootstrap policy bears. */
export function bootstrapMetadata(name: string, labels: Readonly<Record<string, string>> = {}) {
  return { name, labels: { ...BOOTSTRAP_LABEL, ...labels }, annotations: AUTO_UPDATE };
}

export const READ: string[] = ["get", "list", "watch"];
export const WRITE: string[] = ["create", "delete", "deletecollection", "patch", "update"];
export const ALL: string[] = [...READ, ...WRITE];

export function rule(
  apiGroups: string[],
  resources: string[],
  verbs: string[],
  resourceNames?: string[],
): V1PolicyRule {
  return { apiGroups, resources, verbs, ...(resourceNames ? { resourceNames } : {}) };
}

export function role(name: string, rules: V1PolicyRule[], labels: Record<string, string> = {}): V1ClusterRole {
  return {
    apiVersion: API_VERSION,
    kind: "ClusterRole",
    metadata: bootstrapMetadata(name, labels),
    rules,
  };
}

export const EVENTS: V1PolicyRule = rule(["", "events.k8s.io"], ["events"], ["create", "patch", "update"]);
