import type { V1ServiceCIDR } from "@drydock/kube-api";
import { timestamp } from "../registry/object-meta.ts";
import type { Registry, ResourceStore } from "../registry/registry.ts";
import { update } from "../verbs/update.ts";
import { loopbackContext } from "./loopback-context.ts";
import { ensure } from "./reconcile.ts";

const NAME = "kubernetes";

/** The ranges that the flag names as ServiceCIDR `kubernetes`. One that says something else is left alone, as an administrator's, but for a second family that has come. */
export async function ensureDefaultServiceCidr(registry: Registry, cidrs: readonly string[]): Promise<void> {
  const store = registry.require("networking.k8s.io", "v1", "servicecidrs");
  const wanted: V1ServiceCIDR = {
    apiVersion: "networking.k8s.io/v1",
    kind: "ServiceCIDR",
    metadata: { name: NAME },
    spec: { cidrs: [...cidrs] },
  };
  await ensure(store, wanted);
  const found = registry.cached<V1ServiceCIDR>(store, "", NAME);
  if (found && isUpgraded(found, cidrs)) await addFamily(store, cidrs);
  const current = registry.cached<V1ServiceCIDR>(store, "", NAME);
  if (current && !needsCondition(current, cidrs)) return;
  const context = loopbackContext();
  await update(store, {
    namespace: "",
    name: NAME,
    subresource: "status",
    isDryRun: false,
    context,
    mayCreate: "never",
    next: (found) => {
      const object = found as V1ServiceCIDR;
      if (!needsCondition(object, cidrs)) return object;
      const ready = {
        type: "Ready",
        status: "True",
        reason: "",
        message: "Kubernetes default Service CIDR is ready",
        lastTransitionTime: timestamp(context.nowMs),
      };
      return { ...object, status: { ...object.status, conditions: [ready] } };
    },
  });
}

/** Whether the cluster has been given a second family since. */
function isUpgraded({ metadata, spec }: V1ServiceCIDR, cidrs: readonly string[]): boolean {
  const before = spec?.cidrs ?? [];
  const isAdded = before.length === 1 && cidrs.length === 2 && before[0] === cidrs[0];
  return metadata.deletionTimestamp === undefined && isAdded;
}

async function addFamily(store: ResourceStore, cidrs: readonly string[]): Promise<void> {
  await update(store, {
    namespace: "",
    name: NAME,
    subresource: "",
    isDryRun: false,
    context: loopbackContext(),
    mayCreate: "never",
    next: (found) => {
      const object = found as V1ServiceCIDR;
      return isUpgraded(object, cidrs) ? { ...object, spec: { cidrs: [...cidrs] } } : object;
    },
  });
}

function needsCondition({ metadata, spec, status }: V1ServiceCIDR, cidrs: readonly string[]): boolean {
  const isOurs = metadata.deletionTimestamp === undefined && spec?.cidrs?.join() === cidrs.join();
  return isOurs && !status?.conditions?.some(({ type }) => type === "Ready");
}
