import type { V1Service, V1ServiceSpec } from "@drydock/kube-api";
import { column, defineKind, nameRules, separateStatus, wideColumn } from "../meta/define-kind.ts";
import { validateService, validateServiceUpdate } from "./validate-service.ts";

const DEFAULT_AFFINITY_SECONDS = 10_800;

export const service = defineKind<V1Service>({
  kind: "Service",
  resource: "services",
  shortNames: ["svc"],
  categories: ["all"],
  schema: "io.k8s.api.core.v1.Service",
  storagePrefix: "services/specs",
  strategy: {
    validateName: nameRules.label,
    setDefaults,
    prepareForCreate(object) {
      object.status = { loadBalancer: {} };
      const { spec } = object;
      if (spec?.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
    },
    prepareForUpdate(object, old) {
      separateStatus.main.prepareForUpdate(object, old);
      dropOtherTypes(object.spec, old.spec);
      keepAllocations(object, old);
      if (object.spec && old.spec) keepHealthCheckPort(object.spec, old.spec);
    },
    validate: validateService,
    validateUpdate: validateServiceUpdate,
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

/** A client that changes the type and nothing else does not mean to keep what only the old type has. */
function dropOtherTypes(spec: V1ServiceSpec | undefined, old: V1ServiceSpec | undefined): void {
  if (!spec || !old || spec.type === old.type) return;
  const drop = (...fields: (keyof V1ServiceSpec)[]) => {
    for (const field of fields) if (JSON.stringify(spec[field]) === JSON.stringify(old[field])) delete spec[field];
  };
  const isExposed = spec.type === "NodePort" || spec.type === "LoadBalancer";
  if (spec.type === "ExternalName") drop("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy");
  if (!isExposed && !spec.externalIPs?.length) drop("externalTrafficPolicy");
  if (spec.type !== "LoadBalancer") drop("allocateLoadBalancerNodePorts", "loadBalancerClass");
}

/** A port for health checks is there as long as something checks it. */
function keepHealthCheckPort(spec: V1ServiceSpec, old: V1ServiceSpec): void {
  if (!needsHealthCheck(old)) return;
  if (needsHealthCheck(spec)) spec.healthCheckNodePort ||= old.healthCheckNodePort;
  else if (spec.healthCheckNodePort === old.healthCheckNodePort) delete spec.healthCheckNodePort;
}

export function needsHealthCheck(spec: V1ServiceSpec | undefined): boolean {
  return spec?.type === "LoadBalancer" && spec.externalTrafficPolicy === "Local";
}

/** A client that sends a Service without its allocated fields means to keep them. */
function keepAllocations(object: V1Service, old: V1Service): void {
  const { spec } = object;
  if (!spec || !old.spec || spec.type === "ExternalName" || old.spec.type === "ExternalName") return;
  keepClusterIps(spec, old.spec);
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

/** The two fields are one: who sends or changes the one alone means the other too. */
function keepClusterIps(spec: V1ServiceSpec, old: V1ServiceSpec): void {
  const isSame = JSON.stringify(spec.clusterIPs ?? []) === JSON.stringify(old.clusterIPs ?? []);
  spec.clusterIP ||= old.clusterIP;
  if (spec.clusterIP === old.clusterIP) {
    if (!spec.clusterIPs?.length && old.clusterIPs) spec.clusterIPs = old.clusterIPs;
  } else if (isSame && spec.clusterIP) spec.clusterIPs = [spec.clusterIP];
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
