import { deepEqual, type KubeObject, StatusError } from "@drydock/apimachinery";
import type { V1ClusterRole, V1ClusterRoleBinding, V1Role, V1RoleBinding, V1Service } from "@drydock/kube-api";
import { loopbackUser } from "../authentication/user-info.ts";
import type { CallContext } from "../registry/call.ts";
import type { Registry, ResourceStore } from "../registry/registry.ts";
import { create } from "../verbs/create.ts";
import { update } from "../verbs/update.ts";
import {
  type ExtensionAuthentication,
  extensionAuthenticationConfigMap,
  extensionAuthenticationRole,
  extensionAuthenticationRoleBinding,
} from "./extension-authentication.ts";
import {
  bootstrapClusterRoleBindings,
  bootstrapClusterRoles,
  systemNamespaces,
  systemPriorityClasses,
} from "./policy.ts";

export interface BootstrapOptions {
  readonly registry: Registry;
  readonly securePort: number;
  /** The first address of the Service range. */
  readonly kubernetesServiceIp: string;
  /** Asked each time, as files of authorities may change. */
  readonly extensionAuthentication: () => ExtensionAuthentication;
}

const RBAC = "rbac.authorization.k8s.io";

/** Makes what every cluster has: namespaces, roles, priority classes, the `kubernetes` Service. Idempotent; run at each start and now and then. */
export async function bootstrap(options: BootstrapOptions): Promise<void> {
  const { registry } = options;
  for (const name of systemNamespaces)
    await ensure(registry.require("", "v1", "namespaces"), { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  for (const role of bootstrapClusterRoles)
    await reconcile(registry.require(RBAC, "v1", "clusterroles"), role, mergeRules);
  for (const binding of bootstrapClusterRoleBindings)
    await reconcile(registry.require(RBAC, "v1", "clusterrolebindings"), binding, mergeSubjects);
  for (const object of systemPriorityClasses)
    await ensure(registry.require("scheduling.k8s.io", "v1", "priorityclasses"), object);
  await reconcile(registry.require(RBAC, "v1", "roles"), extensionAuthenticationRole, mergeRules);
  await reconcile(registry.require(RBAC, "v1", "rolebindings"), extensionAuthenticationRoleBinding, mergeSubjects);
  await reconcile(
    registry.require("", "v1", "configmaps"),
    extensionAuthenticationConfigMap(options.extensionAuthentication()),
    (wanted, current) => ({ ...current, data: { ...current.data, ...wanted.data } }),
  );
  await ensureKubernetesService(options);
}

async function ensureKubernetesService({ registry, securePort, kubernetesServiceIp }: BootstrapOptions): Promise<void> {
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
      ipFamilies: ["IPv4"],
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
  return { ...current, subjects: [...(current.subjects ?? []), ...missing] };
}

/** Somebody else may make the same at the same time: that is as good. */
async function ensure(store: ResourceStore, object: KubeObject): Promise<void> {
  if (store.registry.cached(store, object.metadata.namespace ?? "", object.metadata.name)) return;
  const request = {
    namespace: object.metadata.namespace ?? "",
    object: structuredClone(object),
    isDryRun: false,
    context: loopbackContext(),
  };
  await create(store, request).catch((error: unknown) => {
    if (StatusError.from(error).code !== 409) throw error;
  });
}

/** Creates it, or brings what is there to what `merge` says. */
export async function reconcile<T extends KubeObject>(
  store: ResourceStore,
  wanted: T,
  merge: (wanted: T, current: T) => T,
): Promise<void> {
  const { name, namespace = "" } = wanted.metadata;
  if (!store.registry.cached(store, namespace, name)) {
    await ensure(store, wanted);
    return;
  }
  await update(store, {
    namespace,
    name,
    subresource: "",
    isDryRun: false,
    context: loopbackContext(),
    mayCreate: "never",
    next: (current) => merge(wanted, current as T),
  });
}

/** For what the server does on its own account. */
export function loopbackContext(): CallContext {
  return {
    user: loopbackUser,
    nowMs: Date.now(),
    signal: AbortSignal.timeout(30_000),
    fieldManager: "kube-apiserver",
    isComponent: true,
    warn: () => {},
  };
}
