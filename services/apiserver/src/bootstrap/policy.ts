import type { KubeObject } from "@drydock/apimachinery";
import type { RbacV1Subject, V1ClusterRole, V1ClusterRoleBinding } from "@drydock/kube-api";
import { API_VERSION, bootstrapMetadata, role, rule } from "./role-parts.ts";
import { systemClusterRoles } from "./system-roles.ts";
import { userClusterRoles } from "./user-roles.ts";

function binding(name: string, roleName: string, subjects: RbacV1Subject[]): V1ClusterRoleBinding {
  return {
    apiVersion: API_VERSION,
    kind: "ClusterRoleBinding",
    metadata: bootstrapMetadata(name),
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: roleName },
    subjects,
  };
}

const group = (name: string): RbacV1Subject => ({ kind: "Group", apiGroup: "rbac.authorization.k8s.io", name });
const user = (name: string): RbacV1Subject => ({ kind: "User", apiGroup: "rbac.authorization.k8s.io", name });

const DISCOVERY_PATHS = [
  "/api",
  "/api/*",
  "/apis",
  "/apis/*",
  "/healthz",
  "/livez",
  "/openapi",
  "/openapi/*",
  "/readyz",
  "/version",
  "/version/",
];
const ISSUER_PATHS = [
  "/.well-known/openid-configuration",
  "/.well-known/openid-configuration/",
  "/openid/v1/jwks",
  "/openid/v1/jwks/",
];
const PUBLIC_PATHS = ["/healthz", "/livez", "/readyz", "/version", "/version/"];

/**
 * The roles and bindings every cluster starts with, by upstream's names (plugin/pkg/auth/authorizer/rbac/bootstrappolicy), as far
 * as the kinds and controllers they are about exist here. Reconciled at each start: missing rules and subjects come back.
 */
export const bootstrapClusterRoles: readonly V1ClusterRole[] = [
  role("cluster-admin", [rule(["*"], ["*"], ["*"]), { nonResourceURLs: ["*"], verbs: ["*"] }]),
  role("system:discovery", [{ nonResourceURLs: DISCOVERY_PATHS, verbs: ["get"] }]),
  role("system:monitoring", [
    {
      nonResourceURLs: ["/healthz", "/healthz/*", "/livez", "/livez/*", "/metrics", "/readyz", "/readyz/*"],
      verbs: ["get"],
    },
  ]),
  role("system:public-info-viewer", [{ nonResourceURLs: PUBLIC_PATHS, verbs: ["get"] }]),
  role("system:basic-user", [
    rule(["authorization.k8s.io"], ["selfsubjectaccessreviews", "selfsubjectrulesreviews"], ["create"]),
    rule(["authentication.k8s.io"], ["selfsubjectreviews"], ["create"]),
  ]),
  role("system:service-account-issuer-discovery", [{ nonResourceURLs: ISSUER_PATHS, verbs: ["get"] }]),
  ...userClusterRoles,
  ...systemClusterRoles,
];

export const bootstrapClusterRoleBindings: readonly V1ClusterRoleBinding[] = [
  binding("cluster-admin", "cluster-admin", [group("system:masters")]),
  binding("system:monitoring", "system:monitoring", [group("system:monitoring")]),
  binding("system:discovery", "system:discovery", [group("system:authenticated")]),
  binding("system:basic-user", "system:basic-user", [group("system:authenticated")]),
  binding("system:public-info-viewer", "system:public-info-viewer", [
    group("system:authenticated"),
    group("system:unauthenticated"),
  ]),
  binding("system:service-account-issuer-discovery", "system:service-account-issuer-discovery", [
    group("system:serviceaccounts"),
  ]),
  binding("system:node-proxier", "system:node-proxier", [user("system:kube-proxy"), group("system:node-proxier")]),
  binding("system:volume-scheduler", "system:volume-scheduler", [user("system:kube-scheduler")]),
  binding("system:kube-scheduler", "system:kube-scheduler", [user("system:kube-scheduler")]),
  binding("system:kube-controller-manager", "system:kube-controller-manager", [user("system:kube-controller-manager")]),
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
