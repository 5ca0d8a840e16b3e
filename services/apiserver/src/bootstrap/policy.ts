import type { KubeObject } from "@drydock/apimachinery";
import type { RbacV1Subject, V1ClusterRole, V1ClusterRoleBinding, V1PolicyRule } from "@drydock/kube-api";

/**
 * The roles and bindings every cluster starts with, by upstream's names (plugin/pkg/auth/authorizer/rbac/bootstrappolicy), as far
 * as the kinds and controllers they are about exist here. Reconciled at each start: missing rules and subjects come back.
 */
const API_VERSION = "rbac.authorization.k8s.io/v1";
const BOOTSTRAP_LABEL = { "kubernetes.io/bootstrapping": "rbac-defaults" };
const AUTO_UPDATE = { "rbac.authorization.kubernetes.io/autoupdate": "true" };
const AGGREGATE = "rbac.authorization.k8s.io/aggregate-to-";

const READ = ["get", "list", "watch"];
const WRITE = ["create", "delete", "deletecollection", "patch", "update"];
const ALL = [...READ, ...WRITE];

function rule(apiGroups: string[], resources: string[], verbs: string[]): V1PolicyRule {
  return { apiGroups, resources, verbs };
}

function role(name: string, rules: V1PolicyRule[], labels: Record<string, string> = {}): V1ClusterRole {
  return {
    apiVersion: API_VERSION,
    kind: "ClusterRole",
    metadata: { name, labels: { ...BOOTSTRAP_LABEL, ...labels }, annotations: AUTO_UPDATE },
    rules,
  };
}

function aggregated(name: string, labels: Record<string, string> = {}): V1ClusterRole {
  const selector = { matchLabels: { [`${AGGREGATE}${name}`]: "true" } };
  return { ...role(name, [], labels), aggregationRule: { clusterRoleSelectors: [selector] } };
}

function binding(name: string, roleName: string, subjects: RbacV1Subject[]): V1ClusterRoleBinding {
  return {
    apiVersion: API_VERSION,
    kind: "ClusterRoleBinding",
    metadata: { name, labels: BOOTSTRAP_LABEL, annotations: AUTO_UPDATE },
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
const PUBLIC_PATHS = ["/healthz", "/livez", "/readyz", "/version", "/version/"];
const EVENTS = rule(["", "events.k8s.io"], ["events"], ["create", "patch", "update"]);

const viewRules: V1PolicyRule[] = [
  rule(
    [""],
    [
      "configmaps",
      "endpoints",
      "persistentvolumeclaims",
      "pods",
      "replicationcontrollers",
      "replicationcontrollers/scale",
      "serviceaccounts",
      "services",
    ],
    READ,
  ),
  rule(
    [""],
    [
      "bindings",
      "events",
      "limitranges",
      "namespaces/status",
      "pods/log",
      "pods/status",
      "replicationcontrollers/status",
      "resourcequotas",
      "namespaces",
    ],
    READ,
  ),
  rule(["discovery.k8s.io"], ["endpointslices"], READ),
  rule(
    ["apps"],
    [
      "controllerrevisions",
      "daemonsets",
      "daemonsets/status",
      "deployments",
      "deployments/scale",
      "deployments/status",
      "replicasets",
      "replicasets/scale",
      "replicasets/status",
      "statefulsets",
    ],
    READ,
  ),
  rule(["networking.k8s.io"], ["ingresses", "ingresses/status", "networkpolicies"], READ),
];

const editRules: V1PolicyRule[] = [
  rule([""], ["pods/attach", "pods/exec", "pods/portforward", "pods/proxy", "secrets", "services/proxy"], READ),
  rule([""], ["serviceaccounts"], ["impersonate"]),
  rule([""], ["pods", "pods/attach", "pods/exec", "pods/portforward", "pods/proxy"], WRITE),
  rule([""], ["pods/eviction"], ["create"]),
  rule(
    [""],
    [
      "configmaps",
      "events",
      "persistentvolumeclaims",
      "replicationcontrollers",
      "replicationcontrollers/scale",
      "secrets",
      "serviceaccounts",
      "services",
      "services/proxy",
    ],
    WRITE,
  ),
  rule([""], ["serviceaccounts/token"], ["create"]),
  rule(
    ["apps"],
    [
      "daemonsets",
      "deployments",
      "deployments/rollback",
      "deployments/scale",
      "replicasets",
      "replicasets/scale",
      "statefulsets",
    ],
    WRITE,
  ),
  rule(["networking.k8s.io"], ["ingresses", "networkpolicies"], WRITE),
  rule(["coordination.k8s.io"], ["leases"], ALL),
];

const adminRules: V1PolicyRule[] = [
  rule(["authorization.k8s.io"], ["localsubjectaccessreviews"], ["create"]),
  rule(["rbac.authorization.k8s.io"], ["rolebindings", "roles"], ALL),
];

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
  aggregated("admin"),
  aggregated("edit", { [`${AGGREGATE}admin`]: "true" }),
  aggregated("view", { [`${AGGREGATE}edit`]: "true" }),
  role("system:aggregate-to-admin", adminRules, { [`${AGGREGATE}admin`]: "true" }),
  role("system:aggregate-to-edit", editRules, { [`${AGGREGATE}edit`]: "true", [`${AGGREGATE}admin`]: "true" }),
  role("system:aggregate-to-view", viewRules, {
    [`${AGGREGATE}view`]: "true",
    [`${AGGREGATE}edit`]: "true",
    [`${AGGREGATE}admin`]: "true",
  }),
  role("system:heapster", [rule([""], ["events", "namespaces", "nodes", "pods"], READ)]),
  // Bound to nobody: the Node authorizer speaks for kubelets.
  role("system:node", [rule([""], ["nodes", "pods", "services"], READ)]),
  role("system:node-proxier", [
    rule([""], ["endpoints", "services"], ["list", "watch"]),
    rule([""], ["nodes"], READ),
    rule(["discovery.k8s.io"], ["endpointslices"], ["list", "watch"]),
    EVENTS,
  ]),
  role("system:kube-scheduler", [
    EVENTS,
    rule(["coordination.k8s.io"], ["leases"], ["create", "get", "list", "update", "watch", "patch"]),
    rule([""], ["nodes", "namespaces", "services", "replicationcontrollers"], READ),
    rule([""], ["pods"], ["delete", "get", "list", "watch"]),
    rule([""], ["bindings", "pods/binding"], ["create"]),
    rule([""], ["pods/status"], ["patch", "update"]),
    rule(["apps"], ["replicasets", "statefulsets"], READ),
    rule(["scheduling.k8s.io"], ["priorityclasses"], READ),
    rule(["authentication.k8s.io"], ["tokenreviews"], ["create"]),
    rule(["authorization.k8s.io"], ["subjectaccessreviews"], ["create"]),
  ]),
  // All controllers share one identity here, so its role holds what upstream gives to each (system:controller:*).
  role("system:kube-controller-manager", [
    EVENTS,
    rule(["coordination.k8s.io"], ["leases"], ["create", "get", "list", "update", "watch", "patch"]),
    rule(["*"], ["*"], [...READ, "delete", "patch", "update"]),
    rule([""], ["configmaps", "endpoints", "pods", "secrets", "serviceaccounts", "serviceaccounts/token"], ["create"]),
    rule(["apps"], ["controllerrevisions", "replicasets"], ["create"]),
    rule(["discovery.k8s.io"], ["endpointslices"], ["create"]),
    rule([""], ["namespaces/finalize"], ["update"]),
    rule(["*"], ["*"], ["deletecollection"]),
    rule(["rbac.authorization.k8s.io"], ["clusterroles"], ["escalate"]),
    rule(["authentication.k8s.io"], ["tokenreviews"], ["create"]),
    rule(["authorization.k8s.io"], ["subjectaccessreviews"], ["create"]),
  ]),
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
  binding("system:node-proxier", "system:node-proxier", [user("system:kube-proxy"), group("system:node-proxier")]),
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
