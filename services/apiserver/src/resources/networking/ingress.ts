import {
  type FieldError,
  FieldPath,
  fieldErrors,
  isDns1123Subdomain,
  isWildcardDns1123Subdomain,
} from "@drydock/apimachinery";
import type { V1Ingress, V1IngressClass } from "@drydock/kube-api";
import { column, defineKind, generationFromSpec, separateStatus } from "../meta/define-kind.ts";

const SPEC = FieldPath.of("spec");
const PATH_TYPES = ["Exact", "ImplementationSpecific", "Prefix"];

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
    validate,
    validateUpdate: validate,
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

function validate({ spec }: V1Ingress): FieldError[] {
  const errors: FieldError[] = [];
  if ((spec?.rules ?? []).length === 0 && !spec?.defaultBackend)
    errors.push(fieldErrors.invalid(SPEC, spec?.rules ?? [], "either `defaultBackend` or `rules` must be specified"));
  (spec?.rules ?? []).forEach((rule, index) => {
    const path = SPEC.child("rules").index(index);
    const check = rule.host?.includes("*") ? isWildcardDns1123Subdomain : isDns1123Subdomain;
    if (rule.host)
      for (const text of check(rule.host)) errors.push(fieldErrors.invalid(path.child("host"), rule.host, text));
    (rule.http?.paths ?? []).forEach((entry, position) => {
      const at = path.child("http", "paths").index(position);
      if (!entry.pathType) errors.push(fieldErrors.required(at.child("pathType"), "pathType must be specified"));
      else if (!PATH_TYPES.includes(entry.pathType))
        errors.push(fieldErrors.notSupported(at.child("pathType"), entry.pathType, PATH_TYPES));
      if (entry.pathType !== "ImplementationSpecific" && !entry.path?.startsWith("/"))
        errors.push(fieldErrors.invalid(at.child("path"), entry.path ?? "", "must be an absolute path"));
      if (!entry.backend?.service && !entry.backend?.resource)
        errors.push(
          fieldErrors.required(at.child("backend"), "only one of service or resource backends can be specified"),
        );
    });
  });
  return errors;
}

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
    validate: ({ spec }) =>
      spec?.controller && !spec.controller.includes("/")
        ? [
            fieldErrors.invalid(
              SPEC.child("controller"),
              spec.controller,
              'must be a domain-prefixed path (such as "acme.io/foo")',
            ),
          ]
        : [],
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
