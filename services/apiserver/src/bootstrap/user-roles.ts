import type { V1ClusterRole, V1PolicyRule } from "@drydock/kube-api";
import { ALL, READ, role, rule, WRITE } from "./role-parts.ts";

const AGGREGATE = "rbac.authorization.k8s.io/aggregate-to-";

/** The roles for people: view, edit and admin, each the sum of what is labelled for it. */
function aggregated(name: string, labels: Record<string, string> = {}): V1ClusterRole {
  const selector = { matchLabels: { [`${AGGREGATE}${name}`]: "true" } };
  return { ...role(name, [], labels), aggregationRule: { clusterRoleSelectors: [selector] } };
}

const withStatus = (...resources: string[]) => resources.flatMap((resource) => [resource, `${resource}/status`]);

const viewRules: V1PolicyRule[] = [
  rule(
    [""],
    [
      "configmaps",
      "endpoints",
      ...withStatus("persistentvolumeclaims"),
      "pods",
      "replicationcontrollers",
      "replicationcontrollers/scale",
      "serviceaccounts",
      ...withStatus("services"),
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
      ...withStatus("resourcequotas"),
      "namespaces",
    ],
    READ,
  ),
  rule(["discovery.k8s.io"], ["endpointslices"], READ),
  rule(
    ["apps"],
    [
      "controllerrevisions",
      ...withStatus("daemonsets", "deployments", "replicasets", "statefulsets"),
      "deployments/scale",
      "replicasets/scale",
      "statefulsets/scale",
    ],
    READ,
  ),
  rule(["autoscaling"], withStatus("horizontalpodautoscalers"), READ),
  rule(["batch"], withStatus("cronjobs", "jobs"), READ),
  rule(["policy"], withStatus("poddisruptionbudgets"), READ),
  rule(["networking.k8s.io"], [...withStatus("ingresses"), "networkpolicies"], READ),
  rule(["resource.k8s.io"], [...withStatus("resourceclaims"), "resourceclaimtemplates"], READ),
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
      "statefulsets/scale",
    ],
    WRITE,
  ),
  rule(["autoscaling"], ["horizontalpodautoscalers"], WRITE),
  rule(["batch"], ["cronjobs", "jobs"], WRITE),
  rule(["policy"], ["poddisruptionbudgets"], WRITE),
  rule(["networking.k8s.io"], ["ingresses", "networkpolicies"], WRITE),
  rule(["coordination.k8s.io"], ["leases"], ALL),
  rule(["resource.k8s.io"], ["resourceclaims", "resourceclaimtemplates"], WRITE),
];

const adminRules: V1PolicyRule[] = [
  rule(["authorization.k8s.io"], ["localsubjectaccessreviews"], ["create"]),
  rule(["rbac.authorization.k8s.io"], ["rolebindings", "roles"], ALL),
];

export const userClusterRoles: readonly V1ClusterRole[] = [
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
];
