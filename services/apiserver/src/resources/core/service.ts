import {
  deepEqual,
  type FieldError,
  FieldPath,
  fieldErrors,
  isDns1123Label,
  isDns1123Subdomain,
  isValidIp,
  isValidLabelValue,
  isValidPortName,
  isValidPortNumber,
} from "@drydock/apimachinery";
import type { V1Service, V1ServicePort } from "@drydock/kube-api";
import { column, defineKind, nameRules, separateStatus, wideColumn } from "../meta/define-kind.ts";
import { each, invalidTexts } from "../meta/rules.ts";

const SPEC = FieldPath.of("spec");
const TYPES = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const PROTOCOLS = ["SCTP", "TCP", "UDP"];
const DEFAULT_AFFINITY_SECONDS = 10_800;

export const service = defineKind<V1Service>({
  kind: "Service",
  resource: "services",
  shortNames: ["svc"],
  categories: ["all"],
  schema: "io.k8s.api.core.v1.Service",
  storagePrefix: "services/specs",
  strategy: {
    validateName: nameRules.dns1035,
    setDefaults,
    prepareForCreate(object) {
      object.status = { loadBalancer: {} };
    },
    prepareForUpdate(object, old) {
      separateStatus.main.prepareForUpdate(object, old);
      keepAllocations(object, old);
    },
    validate: validateService,
    validateUpdate(object, old) {
      const errors = validateService(object);
      const isFixed = old.spec?.clusterIP && old.spec.type !== "ExternalName" && object.spec?.type !== "ExternalName";
      if (isFixed && object.spec?.clusterIP !== old.spec?.clusterIP)
        errors.push(
          fieldErrors.invalid(
            SPEC.child("clusterIPs").index(0),
            [object.spec?.clusterIP ?? ""],
            "may not change once set",
          ),
        );
      return errors;
    },
  },
  columns: [
    column("Type", ({ spec }) => spec?.type ?? ""),
    column("Cluster-IP", ({ spec }) => spec?.clusterIP || "<none>"),
    column("External-IP", externalIpText),
    column("Port(s)", portsText),
    wideColumn("Selector", ({ spec }) => selectorText(spec?.selector)),
  ],
  selectableFields: {
    "spec.clusterIP": ({ spec }) => spec?.clusterIP ?? "",
    "spec.type": ({ spec }) => spec?.type ?? "",
  },
  subresources: { status: separateStatus.status, other: ["proxy"] },
});

function setDefaults({ spec }: V1Service): void {
  if (!spec) return;
  spec.type ??= "ClusterIP";
  spec.sessionAffinity ??= "None";
  if (spec.sessionAffinity === "ClientIP")
    spec.sessionAffinityConfig ??= { clientIP: { timeoutSeconds: DEFAULT_AFFINITY_SECONDS } };
  else delete spec.sessionAffinityConfig;
  for (const port of spec.ports ?? []) {
    port.protocol ??= "TCP";
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === "") port.targetPort = port.port;
  }
  if (spec.type === "ExternalName") return;
  spec.internalTrafficPolicy ??= "Cluster";
  if (spec.type === "NodePort" || spec.type === "LoadBalancer") spec.externalTrafficPolicy ??= "Cluster";
  if (spec.type === "LoadBalancer") spec.allocateLoadBalancerNodePorts ??= true;
}

/** A client that sends a Service without its allocated fields means to keep them. */
function keepAllocations(object: V1Service, old: V1Service): void {
  const { spec } = object;
  if (!spec || !old.spec || spec.type === "ExternalName" || old.spec.type === "ExternalName") return;
  if (!spec.clusterIP && old.spec.clusterIP) {
    spec.clusterIP = old.spec.clusterIP;
    if (old.spec.clusterIPs) spec.clusterIPs = old.spec.clusterIPs;
  }
  spec.ipFamilies ??= old.spec.ipFamilies;
  spec.ipFamilyPolicy ??= old.spec.ipFamilyPolicy;
  const hasNodePorts = spec.type === "NodePort" || spec.type === "LoadBalancer";
  if (!hasNodePorts) {
    for (const port of spec.ports ?? []) if (old.spec.type !== "ClusterIP") delete port.nodePort;
    return;
  }
  for (const port of spec.ports ?? []) {
    if (port.nodePort) continue;
    const before = old.spec.ports?.find(
      (candidate) => candidate.port === port.port && candidate.protocol === port.protocol,
    );
    if (before?.nodePort) port.nodePort = before.nodePort;
  }
}

function validateService({ spec }: V1Service): FieldError[] {
  if (!spec) return [fieldErrors.required(SPEC)];
  const errors: FieldError[] = [];
  const isHeadless = spec.clusterIP === "None";
  if ((spec.ports ?? []).length === 0 && !isHeadless && spec.type !== "ExternalName")
    errors.push(fieldErrors.required(SPEC.child("ports")));
  if (spec.type && !TYPES.includes(spec.type))
    errors.push(fieldErrors.notSupported(SPEC.child("type"), spec.type, TYPES));
  if (spec.type === "ExternalName") {
    if (spec.clusterIP)
      errors.push(fieldErrors.forbidden(SPEC.child("clusterIPs").index(0), "may not be set for ExternalName services"));
    if (!spec.externalName) errors.push(fieldErrors.required(SPEC.child("externalName")));
    else
      for (const text of isDns1123Subdomain(spec.externalName))
        errors.push(fieldErrors.invalid(SPEC.child("externalName"), spec.externalName, text));
  }
  if (isHeadless && (spec.type === "NodePort" || spec.type === "LoadBalancer"))
    errors.push(
      fieldErrors.invalid(
        SPEC.child("clusterIPs").index(0),
        "None",
        `may not be set to 'None' for ${spec.type} services`,
      ),
    );
  if (spec.clusterIP && !isHeadless)
    errors.push(...invalidTexts(SPEC.child("clusterIPs").index(0), spec.clusterIP, isValidIp(spec.clusterIP)));
  errors.push(
    ...each(spec.externalIPs, SPEC.child("externalIPs"), (ip, path) => invalidTexts(path, ip, isValidIp(ip))),
  );
  for (const [key, value] of Object.entries(spec.selector ?? {}))
    for (const text of isValidLabelValue(value))
      errors.push(fieldErrors.invalid(SPEC.child("selector").key(key), value, text));
  if (spec.sessionAffinity && !["ClientIP", "None"].includes(spec.sessionAffinity))
    errors.push(fieldErrors.notSupported(SPEC.child("sessionAffinity"), spec.sessionAffinity, ["ClientIP", "None"]));
  for (const field of ["internalTrafficPolicy", "externalTrafficPolicy"] as const) {
    const value = spec[field];
    if (value && !["Cluster", "Local"].includes(value))
      errors.push(fieldErrors.notSupported(SPEC.child(field), value, ["Cluster", "Local"]));
  }
  return [...errors, ...validatePorts(spec.ports ?? [], spec.type ?? "ClusterIP")];
}

function validatePorts(ports: readonly V1ServicePort[], type: string): FieldError[] {
  const errors: FieldError[] = [];
  const path = SPEC.child("ports");
  const names = new Set<string>();
  ports.forEach((port, index) => {
    const at = path.index(index);
    if (!port.name && ports.length > 1) errors.push(fieldErrors.required(at.child("name")));
    if (port.name) {
      for (const text of isDns1123Label(port.name)) errors.push(fieldErrors.invalid(at.child("name"), port.name, text));
      if (names.has(port.name)) errors.push(fieldErrors.duplicate(at.child("name"), port.name));
      names.add(port.name);
    }
    for (const text of isValidPortNumber(port.port))
      errors.push(fieldErrors.invalid(at.child("port"), port.port, text));
    if (port.protocol && !PROTOCOLS.includes(port.protocol))
      errors.push(fieldErrors.notSupported(at.child("protocol"), port.protocol, PROTOCOLS));
    const messages =
      typeof port.targetPort === "number" ? isValidPortNumber(port.targetPort) : isValidPortName(port.targetPort ?? "");
    for (const text of messages) errors.push(fieldErrors.invalid(at.child("targetPort"), port.targetPort, text));
    if (type === "ClusterIP" && port.nodePort)
      errors.push(fieldErrors.forbidden(at.child("nodePort"), "may not be used when `type` is 'ClusterIP'"));
    const isTwin = ports
      .slice(0, index)
      .some(
        (other) =>
          other.port === port.port && other.protocol === port.protocol && deepEqual(other.nodePort, port.nodePort),
      );
    if (isTwin) errors.push(fieldErrors.duplicate(at, { port: port.port, protocol: port.protocol }));
  });
  return errors;
}

function externalIpText({ spec, status }: V1Service): string {
  const own = spec?.externalIPs ?? [];
  if (spec?.type === "ExternalName") return spec.externalName ?? "";
  const balancer = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || "");
  const all = spec?.type === "LoadBalancer" ? [...balancer, ...own] : own;
  if (all.length > 0) return all.join(",");
  return spec?.type === "LoadBalancer" ? "<pending>" : "<none>";
}

function portsText({ spec }: V1Service): string {
  const ports = (spec?.ports ?? []).map(
    (port) => `${port.port}${port.nodePort ? `:${port.nodePort}` : ""}/${port.protocol}`,
  );
  return ports.join(",") || "<none>";
}

export function selectorText(selector: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(selector ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return pairs.map(([key, value]) => `${key}=${value}`).join(",") || "<none>";
}
