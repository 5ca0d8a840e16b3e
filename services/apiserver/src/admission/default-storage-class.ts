import type { V1PersistentVolumeClaim, V1StorageClass } from "@drydock/kube-api";
import type { Registry } from "../registry/registry.ts";
import { isDefaultStorageClass } from "../resources/storage/storage-class.ts";
import type { AdmissionPlugin } from "./admission.ts";

/** A claim that names no class gets the default one; of several the newest, then the first by name. */
export function defaultStorageClass(registry: Registry): AdmissionPlugin {
  const classes = registry.require("storage.k8s.io", "v1", "storageclasses");
  return {
    name: "DefaultStorageClass",
    mutate({ operation, definition, object, subresource }) {
      if (operation !== "create" || definition.kind !== "PersistentVolumeClaim" || subresource !== "") return;
      const { metadata, spec } = object as V1PersistentVolumeClaim;
      const isNamed =
        spec?.storageClassName !== undefined || metadata.annotations?.["volume.beta.kubernetes.io/storage-class"];
      if (!spec || isNamed) return;
      const defaults = [...classes.cache.scan()]
        .map(({ object: candidate }) => candidate as V1StorageClass)
        .filter(isDefaultStorageClass)
        .sort((a, b) => order(b) - order(a) || (a.metadata.name < b.metadata.name ? -1 : 1));
      if (defaults[0]) spec.storageClassName = defaults[0].metadata.name;
    },
  };
}

function order({ metadata }: V1StorageClass): number {
  return Date.parse(metadata.creationTimestamp ?? "");
}
