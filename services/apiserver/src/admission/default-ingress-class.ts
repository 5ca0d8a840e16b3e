import type { V1Ingress, V1IngressClass } from "@drydock/kube-api";
import type { Registry } from "../registry/registry.ts";
import type { AdmissionPlugin } from "./admission.ts";

/** An Ingress that names no class gets the one marked as default. */
export function defaultIngressClass(registry: Registry): AdmissionPlugin {
  const classes = registry.require("networking.k8s.io", "v1", "ingressclasses");
  return {
    name: "DefaultIngressClass",
    mutate({ operation, definition, object }) {
      if (operation !== "create" || definition.kind !== "Ingress") return;
      const ingress = object as V1Ingress;
      if (
        !ingress.spec ||
        ingress.spec.ingressClassName !== undefined ||
        ingress.metadata.annotations?.["kubernetes.io/ingress.class"]
      )
        return;
      for (const { object: candidate } of classes.cache.scan()) {
        const { metadata } = candidate as V1IngressClass;
        if (metadata.annotations?.["ingressclass.kubernetes.io/is-default-class"] === "true")
          ingress.spec.ingressClassName = metadata.name;
      }
    },
  };
}
