import type { V1ServiceCIDR } from "@drydock/kube-api";
import { timestamp } from "../registry/object-meta.ts";
import type { Registry } from "../registry/registry.ts";
import { update } from "../verbs/update.ts";
import { loopbackContext } from "./loopback-context.ts";
import { ensure } from "./reconcile.ts";

const NAME = "kubernetes";

/** The range that the flag names as ServiceCIDR `kubernetes`. One that says something else is left alone: it is an administrator's. */
export async function ensureDefaultServiceCidr(registry: Registry, cidr: string): Promise<void> {
  const store = registry.require("networking.k8s.io", "v1", "servicecidrs");
  const wanted: V1ServiceCIDR = {
    apiVersion: "networking.k8s.io/v1",
    kind: "ServiceCIDR",
    metadata: { name: NAME },
    spec: { cidrs: [cidr] },
  };
  await ensure(store, wanted);
  const current = registry.cached<V1ServiceCIDR>(store, "", NAME);
  if (current && !needsCondition(current, cidr)) return;
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
      if (!needsCondition(object, cidr)) return object;
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

function needsCondition({ metadata, spec, status }: V1ServiceCIDR, cidr: string): boolean {
  const isOurs = metadata.deletionTimestamp === undefined && spec?.cidrs?.join() === cidr;
  return isOurs && !status?.conditions?.some(({ type }) => type === "Ready");
}
