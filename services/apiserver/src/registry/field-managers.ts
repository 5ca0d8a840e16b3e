import { FieldSet, type KubeObject, type Tracking, trackUpdate } from "@drydock/apimachinery";
import { typeShapeOf } from "@drydock/kube-api";
import type { CallContext } from "./call.ts";
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

const statusField = FieldSet.ofFields("status");
const specField = FieldSet.ofFields("spec");

export function trackingOf(
  { definition }: ResourceStore,
  { fieldManager, nowMs }: Pick<CallContext, "fieldManager" | "nowMs">,
  operation: "Apply" | "Update",
  subresource: string,
): Tracking {
  const { group, version, schema, custom, subresources } = definition;
  const apiVersion = group === "" ? version : `${group}/${version}`;
  const hidden = subresource === "status" ? specField : subresources?.status ? statusField : FieldSet.empty;
  return {
    shape: custom?.shape ?? typeShapeOf(schema),
    manager: { name: fieldManager, operation, apiVersion, subresource },
    now: timestamp(nowMs),
    reset: hidden,
  };
}

/** Notes in metadata.managedFields who made `object` out of `old` (undefined: out of nothing). */
export function noteManager(
  store: ResourceStore,
  object: KubeObject,
  old: KubeObject | undefined,
  context: CallContext,
  subresource: string,
): void {
  const managedFields = trackUpdate(old, object, trackingOf(store, context, "Update", subresource));
  if (managedFields.length > 0) object.metadata.managedFields = managedFields;
  else delete object.metadata.managedFields;
}
