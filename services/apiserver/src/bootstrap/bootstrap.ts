import { deepEqual } from "@drydock/apimachinery";
import type {
  V1ClusterRole,
  V1ClusterRoleBinding,
  V1ConfigMap,
  V1Role,
  V1RoleBinding,
  V1Service,
} from "@drydock/kube-api";
import { ensureFlowObjects } from "../flow-control/ensure-flow-objects.ts";
import type { Registry } from "../registry/registry.ts";
import { formatIp, requireServiceRanges, type ServiceRange } from "../services/service-range.ts";
import { ensureDefaultServiceCidr } from "./default-service-cidr.ts";
import { type ExtensionAuthentication, extensionAuthenticationConfigMap } from "./extension-authentication.ts";
import { bootstrapRoleBindings, bootstrapRoles } from "./namespaced-policy.ts";
import {
  bootstrapClusterRoleBindings,
  bootstrapClusterRoles,
  systemNamespaces,
  systemPriorityClasses,
} from "./policy.ts";
import { ensure, reconcile } from "./reconcile.ts";
import { RBAC_GROUP } from "./role-table.ts";

export interface BootstrapOptions {
  readonly registry: Registry;
  readonly securePort: number;
  /** The ranges of cluster IPs; of the first the `kubernetes` Service has its first address. */
  readonly serviceClusterIpRange: string;
  /** Asked each time, as files of authorities may change. */
  readonly extensionAuthentication: () => ExtensionAuthentication;
}

/** Makes what every cluster has: namespaces, roles, priority classes, the `kubernetes` Service. Idempotent; run at each start and now and then. */
export async function bootstrap(options: BootstrapOptions): Promise<void> {
  const { registry, serviceClusterIpRange } = options;
  await ensureDefaultServiceCidr(
    registry,
    requireServiceRanges(serviceClusterIpRange).map(({ cidr }) => cidr),
  );
  for (const name of systemNamespaces)
    await ensure(registry.require("", "v1", "namespaces"), { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  await ensureFlowObjects(registry);
  await ensureRoles(registry);
  for (const object of systemPriorityClasses)
    await ensure(registry.require("scheduling.k8s.io", "v1", "priorityclasses"), object);
  await reconcile(
    registry.require("", "v1", "configmaps"),
    extensionAuthenticationConfigMap(options.extensionAuthentication()),
    (wanted, current) => ({ ...current, data: { ...current.data, ...wanted.data } }),
  );
  // Since when uses of tokens in Secrets are noted.
  await ensure(registry.require("", "v1", "configmaps"), {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "kube-apiserver-legacy-service-account-token-tracking", namespace: "kube-system" },
    data: { since: new Date().toISOString().slice(0, 10) },
  } as V1ConfigMap);
  await ensureKubernetesService(options);
}

/** Many, so those of a kind are written side by side; roles come before who is bound to them. */
async function ensureRoles(registry: Registry): Promise<void> {
  const storeOf = (resource: string) => registry.require(RBAC_GROUP, "v1", resource);
  const clusterRoles = storeOf("clusterroles");
  const roles = storeOf("roles");
  await Promise.all([
    ...bootstrapClusterRoles.map((role) => reconcile(clusterRoles, role, mergeRules)),
    ...bootstrapRoles.map((role) => reconcile(roles, role, mergeRules)),
  ]);
  const clusterRoleBindings = storeOf("clusterrolebindings");
  const roleBindings = storeOf("rolebindings");
  await Promise.all([
    ...bootstrapClusterRoleBindings.map((binding) => reconcile(clusterRoleBindings, binding, mergeSubjects)),
    ...bootstrapRoleBindings.map((binding) => reconcile(roleBindings, binding, mergeSubjects)),
  ]);
}

async function ensureKubernetesService(options: BootstrapOptions): Promise<void> {
  const { registry, securePort, serviceClusterIpRange } = options;
  const [{ first, family }] = requireServiceRanges(serviceClusterIpRange) as [ServiceRange];
  const kubernetesServiceIp = formatIp(first, family);
  const metadata = {
    name: "kubernetes",
    namespace: "default",
    labels: { component: "apiserver", provider: "kubernetes" },
  };
  const port = { name: "https", port: 443, protocol: "TCP", targetPort: securePort };
  const service: V1Service = {
    apiVersion: "v1",
    kind: "Service",
    metadata,
    spec: {
      type: "ClusterIP",
      clusterIP: kubernetesServiceIp,
      clusterIPs: [kubernetesServiceIp],
      ipFamilies: [family],
      ipFamilyPolicy: "SingleStack",
      sessionAffinity: "None",
      ports: [port],
    },
  };
  await ensure(registry.require("", "v1", "services"), service);
}

/** Rules may be added by administrators; those of the bootstrap set come back. */
function mergeRules<T extends V1ClusterRole | V1Role>(wanted: T, current: T): T {
  const missing = (wanted.rules ?? []).filter(
    (rule) => !(current.rules ?? []).some((candidate) => deepEqual(candidate, rule)),
  );
  return {
    ...current,
    rules: [...(current.rules ?? []), ...missing],
    ...("aggregationRule" in wanted && { aggregationRule: wanted.aggregationRule }),
  };
}

function mergeSubjects<T extends V1ClusterRoleBinding | V1RoleBinding>(wanted: T, current: T): T {
  const isThere = (name: string, kind: string) =>
    (current.subjects ?? []).some((subject) => subject.name === name && subject.kind === kind);
  const missing = (wanted.subjects ?? []).filter(({ name, kind }) => !isThere(name, kind));
  return missing.length === 0 ? current : { ...current, subjects: [...(current.subjects ?? []), ...missing] };
}
