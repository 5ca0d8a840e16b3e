import { forbidden, parseQuantity } from "@drydock/apimachinery";
import type { V1PersistentVolumeClaim, V1StorageClass } from "@drydock/kube-api";
import type { Registry } from "../registry/registry.ts";
import type { AdmissionPlugin } from "./admission.ts";

/** A bound claim may grow only where its class says that volumes can (upstream's PersistentVolumeClaimResize). */
export function claimResize(registry: Registry): AdmissionPlugin {
  const classes = registry.require("storage.k8s.io", "v1", "storageclasses");
  return {
    name: "PersistentVolumeClaimResize",
    validate({ operation, definition, subresource, name, object, oldObject }) {
      if (operation !== "update" || definition.kind !== "PersistentVolumeClaim" || subresource !== "") return;
      const [claim, old] = [object as V1PersistentVolumeClaim, oldObject as V1PersistentVolumeClaim];
      const [size, oldSize] = [claim, old].map(({ spec }) =>
        parseQuantity(spec?.resources?.requests?.["storage"] ?? "0"),
      );
      if (!size || !oldSize || size.compare(oldSize) <= 0) return;
      const refuse = (reason: string) => forbidden({ group: "", resource: "persistentvolumeclaims" }, name, reason);
      if (old.status?.phase !== "Bound") throw refuse("Only bound persistent volume claims can be expanded");
      const className =
        claim.metadata.annotations?.["volume.beta.kubernetes.io/storage-class"] ?? claim.spec?.storageClassName;
      const found = className ? registry.cached<V1StorageClass>(classes, "", className) : undefined;
      if (!found?.allowVolumeExpansion)
        throw refuse(
          "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize",
        );
    },
  };
}
