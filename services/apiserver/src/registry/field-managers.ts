import {
  formatGroupVersion,
  type KubeObject,
  type ManagedFieldsEntry,
  type Tracking,
  trackUpdate,
} from "@drydock/apimachinery";
import type { CallContext } from "./call.ts";
import { kindVersions, versionShapeOf } from "./kind-versions.ts";
import { timestamp } from "./object-meta.ts";
import type { ResourceStore } from "./registry.ts";

const NAME_LENGTH_MAX = 128;

/** Who writes when the client does not say: the first part of its User-Agent. */
export function managerOf(fieldManager: string, userAgent: string): string {
  return fieldManager || userAgent.split("/")[0]?.slice(0, NAME_LENGTH_MAX) || "unknown";
}

/** A component's name from its user's, as upstream's components name themselves: `kubelet`, `kube-scheduler`. */
export function managerOfComponent(userName: string): string {
  return userName.startsWith("system:node:") ? "kubelet" : userName.replace(/^system:/, "");
}

export function trackingOf(
  store: ResourceStore,
  { fieldManager, nowMs }: Pick<CallContext, "fieldManager" | "nowMs">,
  operation: "Apply" | "Update",
  subresource: string,
): Tracking {
  const { definition } = store;
  return {
    ...versionShapeOf(definition, subresource),
    manager: { name: fieldManager, operation, apiVersion: formatGroupVersion(definition), subresource },
    now: timestamp(nowMs),
    versions: kindVersions(store, subresource),
    isIndirect: subresource === "scale",
  };
}

/** Notes in metadata.managedFields who made `object` out of `old` (undefined: out of nothing). Waits only for managers who speak another version. */
export function noteManager(
  store: ResourceStore,
  object: KubeObject,
  old: KubeObject | undefined,
  context: CallContext,
  subresource: string,
): Promise<void> | void {
  const managedFields = trackUpdate(old, object, trackingOf(store, context, "Update", subresource));
  if (Array.isArray(managedFields)) setManagedFields(object, managedFields);
  else return managedFields.then((entries) => setManagedFields(object, entries));
}

function setManagedFields({ metadata }: KubeObject, entries: ManagedFieldsEntry[]): void {
  if (entries.length > 0) metadata.managedFields = entries;
  else delete metadata.managedFields;
}
