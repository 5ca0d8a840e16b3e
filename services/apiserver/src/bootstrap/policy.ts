import type { KubeObject } from "@drydock/apimachinery";
import type { RbacV1Subject, V1ClusterRole, V1ClusterRoleBinding } from "@drydock/kube-api";
import { controllerRules } from "./controller-roles.ts";
import { OWN_CONTROLLERS, OWN_KUBELETS, ownControllersRole, ownKubeletsRole } from "./own-roles.ts";
import { API_VERSION, bootstrapMetadata, clusterRole, group, RBAC_GROUP, systemAccount, user } from "./role-table.ts";
import { systemRules } from "./system-roles.ts";
import { userRules } from "./user-roles.ts";

const CONTROLLER = "system:controller:";
const AGGREGATE = "rbac.authorization.k8s.io/aggregate-to-";
/** Roles that others gather, and who does. */
const GATHERED_BY: Readonly<Record<string, string>> = {
  "system:aggregate-to-admin": "admin",
  "system:aggregate-to-edit": "edit",
  "system:aggregate-to-view": "view",
};

function binding(name: string, subjects: readonly RbacV1Subject[], roleName = name): V1ClusterRoleBinding {
  return {
    apiVersion: API_VERSION,
    kind: "ClusterRoleBinding",
    metadata: bootstrapMetadata(name),
    roleRef: { apiGroup: RBAC_GROUP, kind: "ClusterRole", name: roleName },
    ...(subjects.length > 0 && { subjects: [...subjects] }),
  };
}

/** A role that holds what roles labelled for it hold. */
function gathering(name: string, labels: Readonly<Record<string, string>> = {}): V1ClusterRole {
  const clusterRoleSelectors = [{ matchLabels: { [`${AGGREGATE}${name}`]: "true" } }];
  return { ...clusterRole(name, [], labels), aggregationRule: { clusterRoleSelectors } };
}

const gatheredBy = (name: string | undefined) => (name === undefined ? {} : { [`${AGGREGATE}${name}`]: "true" });

/**
 * The roles and bindings every cluster starts with, those of upstream (plugin/pkg/auth/authorizer/rbac/bootstrappolicy) and two more.
 * Reconciled at each start: missing rules and subjects come back.
 */
export const bootstrapClusterRoles: readonly V1ClusterRole[] = [
  ...Object.entries(userRules).map(([name, lines]) => clusterRole(name, lines, gatheredBy(GATHERED_BY[name]))),
  gathering("admin"),
  gathering("edit", gatheredBy("admin")),
  gathering("view", gatheredBy("edit")),
  ...Object.entries(systemRules).map(([name, lines]) => clusterRole(name, lines)),
  ...Object.entries(controllerRules).map(([name, lines]) => clusterRole(`${CONTROLLER}${name}`, lines)),
  ownControllersRole,
  ownKubeletsRole,
];

export const bootstrapClusterRoleBindings: readonly V1ClusterRoleBinding[] = [
  binding("cluster-admin", [group("system:masters")]),
  binding("system:monitoring", [group("system:monitoring")]),
  binding("system:discovery", [group("system:authenticated")]),
  binding("system:basic-user", [group("system:authenticated")]),
  binding("system:public-info-viewer", [group("system:authenticated"), group("system:unauthenticated")]),
  binding("system:service-account-issuer-discovery", [group("system:serviceaccounts")]),
  binding("system:node-proxier", [user("system:kube-proxy")]),
  // The Node authorizer speaks for kubelets.
  binding("system:node", []),
  binding("system:kube-dns", [systemAccount("kube-dns")]),
  binding("system:volume-scheduler", [user("system:kube-scheduler")]),
  binding("system:kube-scheduler", [user("system:kube-scheduler")]),
  binding("system:kube-controller-manager", [user("system:kube-controller-manager")]),
  ...Object.keys(controllerRules).map((name) => binding(`${CONTROLLER}${name}`, [systemAccount(name)])),
  binding(OWN_CONTROLLERS, [user("system:kube-controller-manager")]),
  binding(OWN_KUBELETS, [group("system:nodes")]),
];

const HIGHEST_USER_PRIORITY = 1_000_000_000;

export const systemNamespaces: readonly string[] = ["default", "kube-system", "kube-public", "kube-node-lease"];

export const systemPriorityClasses: readonly (KubeObject & { value: number; description: string })[] = [
  priorityClass(
    "system-node-critical",
    2 * HIGHEST_USER_PRIORITY + 1000,
    "Used for system critical pods that must not be moved from their current node.",
  ),
  priorityClass(
    "system-cluster-critical",
    2 * HIGHEST_USER_PRIORITY,
    "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
  ),
];

function priorityClass(name: string, value: number, description: string) {
  return { apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass", metadata: { name }, value, description };
}
