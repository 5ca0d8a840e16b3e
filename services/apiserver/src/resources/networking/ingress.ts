import { FieldPath } from "@drydock/apimachinery";
import type { V1Ingress, V1IngressClass } from "@drydock/kube-api";
import { column, defineKind, generationFromSpec, separateStatus } from "../meta/define-kind.ts";
import { immutable } from "../meta/rules.ts";
import { validateIngress, validateIngressClass, validateIngressUpdate } from "./validate-ingress.ts";

const SPEC = FieldPath.of("spec");

export const ingress = defineKind<V1Ingress>({
  group: "networking.k8s.io",
  kind: "Ingress",
  resource: "ingresses",
  shortNames: ["ing"],
  schema: "io.k8s.api.networking.v1.Ingress",
  storagePrefix: "ingress",
  strategy: {
    ...generationFromSpec,
    ...separateStatus.main,
    prepareForCreate(object) {
      object.status = { loadBalancer: {} };
    },
    validate: validateIngress,
    validateUpdate: validateIngressUpdate,
  },
  columns: [
    column(
      "Class",
      ({ spec, metadata }) =>
        spec?.ingressClassName ?? metadata.annotations?.["kubernetes.io/ingress.class"] ?? "<none>",
    ),
    column("Hosts", ({ spec }) => (spec?.rules ?? []).map(({ host }) => host || "*").join(",") || "*"),
    column("Address", ({ status }) =>
      (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || "").join(","),
    ),
    column("Ports", ({ spec }) => ((spec?.tls ?? []).length > 0 ? "80, 443" : "80")),
  ],
  subresources: { status: separateStatus.status },
});

export const ingressClass = defineKind<V1IngressClass>({
  group: "networking.k8s.io",
  kind: "IngressClass",
  resource: "ingressclasses",
  isNamespaced: false,
  schema: "io.k8s.api.networking.v1.IngressClass",
  strategy: {
    ...generationFromSpec,
    setDefaults({ spec }) {
      if (spec?.parameters) spec.parameters.scope ??= "Cluster";
    },
    validate: validateIngressClass,
    validateUpdate: (object, old) => [
      ...validateIngressClass(object),
      ...immutable(object.spec?.controller, old.spec?.controller, SPEC.child("controller")),
    ],
  },
  columns: [
    column("Controller", ({ spec }) => spec?.controller ?? ""),
    column("Parameters", ({ spec }) =>
      spec?.parameters
        ? `${spec.parameters.kind}${spec.parameters.apiGroup ? `.${spec.parameters.apiGroup}` : ""}/${spec.parameters.name}`
        : "<none>",
    ),
  ],
});
