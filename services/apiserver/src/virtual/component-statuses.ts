import { notFound } from "@drydock/apimachinery";
import type { V1ComponentStatus, V1Lease } from "@drydock/kube-api";
import { StoredObject } from "../cache/stored-object.ts";
import type { Registry, ResourceStore } from "../registry/registry.ts";
import { componentStatus } from "../resources/core/component-status.ts";
import type { VirtualResource } from "./virtual-resource.ts";

/** A leader renews its lease every few seconds. */
const LEASE_FRESH_MS = 40_000;

/** The health of the store and of the two leaders, as `kubectl get componentstatuses` shows it. */
export function createComponentStatuses(registry: Registry): VirtualResource {
  const leases = registry.require("coordination.k8s.io", "v1", "leases");
  const groupResource = { group: "", resource: componentStatus.resource };
  // What the answers are made of stands in for a cache of their own.
  const store: ResourceStore = { ...leases, definition: componentStatus, groupResource };
  const all = async (nowMs: number) =>
    [
      ofLeader(registry, leases, "kube-controller-manager", "controller-manager", nowMs),
      await ofStore(registry),
      ofLeader(registry, leases, "kube-scheduler", "scheduler", nowMs),
    ].map((object) => new StoredObject(object.metadata.name, 0, object));
  return {
    definition: { ...componentStatus, verbs: ["get", "list"] },
    async run(call) {
      const items = await all(call.context.nowMs);
      if (call.verb === "list")
        return { kind: "list", store, page: { items, revision: 0, continue: "", remaining: undefined } };
      const stored = items.find(({ object }) => object.metadata.name === call.name);
      if (!stored) throw notFound(groupResource, call.name);
      return { kind: "object", code: 200, store, stored };
    },
  };
}

function statusOf(name: string, isHealthy: boolean, message: string): V1ComponentStatus {
  const condition = { type: "Healthy", status: isHealthy ? "True" : "False", message };
  return { apiVersion: "v1", kind: "ComponentStatus", metadata: { name }, conditions: [condition] };
}

async function ofStore({ ports }: Registry): Promise<V1ComponentStatus> {
  try {
    await ports.feed.currentRevision();
    return statusOf("etcd-0", true, "ok");
  } catch (error) {
    return statusOf("etcd-0", false, (error as Error).message);
  }
}

function ofLeader(
  registry: Registry,
  leases: ResourceStore,
  lease: string,
  name: string,
  nowMs: number,
): V1ComponentStatus {
  const found = registry.cached<V1Lease>(leases, "kube-system", lease);
  const renewedAtMs = Date.parse(found?.spec?.renewTime ?? "");
  const isFresh = nowMs - renewedAtMs < LEASE_FRESH_MS;
  return statusOf(name, isFresh, isFresh ? "ok" : `lease kube-system/${lease} is not renewed`);
}
