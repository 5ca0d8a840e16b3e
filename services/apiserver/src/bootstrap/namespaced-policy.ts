import type { RbacV1Subject, V1Role, V1RoleBinding } from "@drydock/kube-api";
import { namespacedRules } from "./namespaced-roles.ts";
import { API_VERSION, bootstrapMetadata, parseRule, RBAC_GROUP, systemAccount, user } from "./role-table.ts";

const SYSTEM = "kube-system";

export const bootstrapRoles: readonly V1Role[] = Object.entries(namespacedRules).map(([key, lines]) => {
  const [namespace = "", name = ""] = key.split("/");
  return {
    apiVersion: API_VERSION,
    kind: "Role",
    metadata: { ...bootstrapMetadata(name), namespace },
    rules: lines.map(parseRule),
  };
});

function binding(namespace: string, name: string, subjects: RbacV1Subject[], role = name): V1RoleBinding {
  return {
    apiVersion: API_VERSION,
    kind: "RoleBinding",
    metadata: { ...bootstrapMetadata(name), namespace },
    roleRef: { apiGroup: RBAC_GROUP, kind: "Role", name: role },
    subjects,
  };
}

const ofController = (namespace: string, name: string) =>
  binding(namespace, `system:controller:${name}`, [systemAccount(name)]);
/** A leader's lock is for the component, be it a user or an account. */
const locking = (component: string, ...others: RbacV1Subject[]) =>
  binding(SYSTEM, `system::leader-locking-${component}`, [
    user(`system:${component}`),
    systemAccount(component),
    ...others,
  ]);

const READER = "extension-apiserver-authentication-reader";

export const bootstrapRoleBindings: readonly V1RoleBinding[] = [
  binding(SYSTEM, `system::${READER}`, [user("system:kube-controller-manager"), user("system:kube-scheduler")], READER),
  locking("kube-controller-manager", systemAccount("leader-election-controller")),
  locking("kube-scheduler"),
  ofController(SYSTEM, "bootstrap-signer"),
  ofController(SYSTEM, "cloud-provider"),
  ofController(SYSTEM, "token-cleaner"),
  ofController("kube-public", "bootstrap-signer"),
];
