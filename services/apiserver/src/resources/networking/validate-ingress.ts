import {
  type FieldError,
  FieldPath,
  fieldErrors,
  isDns1035Label,
  isDns1123Label,
  isDns1123Subdomain,
  isDomainPrefixedPath,
  isValidIp,
  isValidPortName,
  isValidPortNumber,
  isWildcardDns1123Subdomain,
} from "@drydock/apimachinery";
import type { V1HTTPIngressPath, V1Ingress, V1IngressBackend, V1IngressClass } from "@drydock/kube-api";
import { each, type Finding, findings, invalidTexts, optionalOneOf, requiredOneOf } from "../meta/rules.ts";

const SPEC = FieldPath.of("spec");
const PATH_TYPES = ["Exact", "ImplementationSpecific", "Prefix"];
const SEQUENCES = ["//", "/./", "/../", "%2f", "%2F"];
const SUFFIXES = ["/..", "/."];
const CONTROLLER_LENGTH_MAX = 250;
const CLASS_ANNOTATION = "kubernetes.io/ingress.class";

export function validateIngress(object: V1Ingress): FieldError[] {
  const { metadata, spec } = object;
  const annotation = metadata.annotations?.[CLASS_ANNOTATION];
  return findings(
    annotation !== undefined &&
      spec?.ingressClassName !== undefined &&
      annotation !== spec.ingressClassName &&
      fieldErrors.invalid(
        FieldPath.of("annotations").child(CLASS_ANNOTATION),
        annotation,
        "must match `ingressClassName` when both are specified",
      ),
    validateIngressUpdate(object),
  );
}

export function validateIngressUpdate({ spec }: V1Ingress): FieldError[] {
  const { rules = [], defaultBackend, tls, ingressClassName } = spec ?? {};
  return findings(
    rules.length === 0 &&
      !defaultBackend &&
      fieldErrors.invalid(SPEC, null, "either `defaultBackend` or `rules` must be specified"),
    defaultBackend && validateBackend(defaultBackend, SPEC.child("defaultBackend")),
    each(rules, SPEC.child("rules"), ({ host, http }, path) => [
      host && validateHost(host, path.child("host")),
      http && [
        (http.paths ?? []).length === 0 && fieldErrors.required(path.child("http", "paths")),
        each(http.paths, path.child("http", "paths"), validatePath),
      ],
    ]),
    each(tls, SPEC.child("tls"), ({ hosts, secretName }, path) => [
      each(hosts, path.child("hosts"), (host, at) => invalidTexts(at, host, hostTexts(host))),
      secretName && invalidTexts(path.child("secretName"), secretName, isDns1123Subdomain(secretName)),
    ]),
    ingressClassName &&
      invalidTexts(SPEC.child("ingressClassName"), ingressClassName, isDns1123Subdomain(ingressClassName)),
  );
}

function hostTexts(host: string): string[] {
  return host.includes("*") ? isWildcardDns1123Subdomain(host) : isDns1123Subdomain(host);
}

function validateHost(host: string, path: FieldPath): Finding {
  return [
    isValidIp(host).length === 0 && fieldErrors.invalid(path, host, "must be a DNS name, not an IP address"),
    invalidTexts(path, host, hostTexts(host)),
  ];
}

function validatePath({ path: target = "", pathType, backend }: V1HTTPIngressPath, path: FieldPath): Finding {
  const at = path.child("path");
  const isLiteral = pathType === "Exact" || pathType === "Prefix";
  return [
    requiredOneOf(path.child("pathType"), pathType, PATH_TYPES, "pathType must be specified"),
    isLiteral && [
      !target.startsWith("/") && fieldErrors.invalid(at, target, "must be an absolute path"),
      SEQUENCES.map(
        (sequence) => target.includes(sequence) && fieldErrors.invalid(at, target, `must not contain '${sequence}'`),
      ),
      SUFFIXES.map(
        (suffix) => target.endsWith(suffix) && fieldErrors.invalid(at, target, `cannot end with '${suffix}'`),
      ),
    ],
    pathType === "ImplementationSpecific" &&
      target !== "" &&
      !target.startsWith("/") &&
      fieldErrors.invalid(at, target, "must be an absolute path"),
    validateBackend(backend ?? {}, path.child("backend")),
  ];
}

function validateBackend({ service, resource }: V1IngressBackend, path: FieldPath): Finding {
  if (service && resource) return fieldErrors.invalid(path, "", "cannot set both resource and service backends");
  if (resource)
    return [
      !resource.kind && fieldErrors.required(path.child("resource", "kind")),
      !resource.name && fieldErrors.required(path.child("resource", "name")),
    ];
  if (!service) return fieldErrors.required(path, "port name or number is required");
  const at = path.child("service");
  const { name, number } = service.port ?? {};
  return [
    service.name
      ? invalidTexts(at.child("name"), service.name, isDns1035Label(service.name))
      : fieldErrors.required(at.child("name")),
    name && number && fieldErrors.invalid(path, "", "cannot set both port name & port number"),
    name && !number && invalidTexts(at.child("port", "name"), name, isValidPortName(name)),
    number && !name && invalidTexts(at.child("port", "number"), number, isValidPortNumber(number)),
    !name && !number && fieldErrors.required(path, "port name or number is required"),
  ];
}

export function validateIngressClass({ spec }: V1IngressClass): FieldError[] {
  const path = SPEC.child("controller");
  const { controller = "", parameters } = spec ?? {};
  const at = SPEC.child("parameters");
  return findings(
    controller === "" ? fieldErrors.required(path) : invalidTexts(path, controller, isDomainPrefixedPath(controller)),
    controller.length > CONTROLLER_LENGTH_MAX && fieldErrors.tooLong(path, CONTROLLER_LENGTH_MAX),
    parameters && [
      !parameters.kind && fieldErrors.required(at.child("kind"), "kind is required"),
      !parameters.name && fieldErrors.required(at.child("name"), "name is required"),
      optionalOneOf(at.child("scope"), parameters.scope ?? "", ["Cluster", "Namespace"]),
      parameters.scope === "Namespace" &&
        (parameters.namespace
          ? invalidTexts(at.child("namespace"), parameters.namespace, isDns1123Label(parameters.namespace))
          : fieldErrors.required(at.child("namespace"), "`parameters.scope` is set to 'Namespace'")),
      parameters.scope === "Cluster" &&
        parameters.namespace !== undefined &&
        fieldErrors.forbidden(at.child("namespace"), "`parameters.scope` is set to 'Cluster'"),
    ],
  );
}
