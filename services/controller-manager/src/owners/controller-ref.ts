import { formatGroupVersion, type KubeObject, type OwnerReference } from "@drydock/apimachinery";
import type { ResourceRef } from "@drydock/kube-api";

/** The one owner that controls `object`, if any. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller === true);
}

export function controllerRefTo(resource: ResourceRef<KubeObject>, owner: KubeObject): OwnerReference {
  return {
    apiVersion: formatGroupVersion(resource),
    kind: resource.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? "",
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** Index values: the controlling owner's uid, or `orphan/<namespace>` for objects that nobody controls. */
export const controllerIndex = "controller";
export const controllerIndexValues = (object: KubeObject): string[] => [
  controllerOf(object)?.uid ?? orphansOf(object.metadata.namespace),
];
export const orphansOf = (namespace: string | undefined) => `orphan/${namespace ?? ""}`;
