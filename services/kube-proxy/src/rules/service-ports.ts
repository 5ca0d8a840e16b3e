import type { V1EndpointSlice, V1Service, V1ServicePort } from "@drydock/kube-api";

/** One backend of a Service port. */
export interface Endpoint {
  readonly ip: string;
  readonly port: number;
  readonly nodeName: string;
  readonly isReady: boolean;
  readonly isServing: boolean;
  readonly isTerminating: boolean;
}

/** One port of a Service with everything its rules depend on. */
export interface ServicePortInfo {
  /** `namespace/name:port`, upstream's name for it: chain names are hashes of it. */
  readonly name: string;
  readonly protocol: "TCP" | "UDP" | "SCTP";
  readonly clusterIp: string;
  readonly port: number;
  /** 0 for none. */
  readonly nodePort: number;
  readonly externalIps: readonly string[];
  readonly loadBalancerIps: readonly string[];
  /** Seconds a client sticks to a backend; 0 for no affinity. */
  readonly affinitySeconds: number;
  readonly isExternalLocal: boolean;
  readonly isInternalLocal: boolean;
  readonly endpoints: readonly Endpoint[];
}

/** All Service ports that have rules, in a stable order. Headless and ExternalName Services have none. */
export function collectServicePorts(
  services: readonly V1Service[],
  slices: readonly V1EndpointSlice[],
): ServicePortInfo[] {
  const slicesByService = new Map<string, V1EndpointSlice[]>();
  for (const slice of slices) {
    const service = slice.metadata.labels?.["kubernetes.io/service-name"];
    if (!service || slice.addressType !== "IPv4") continue;
    const key = `${slice.metadata.namespace}/${service}`;
    slicesByService.set(key, [...(slicesByService.get(key) ?? []), slice]);
  }
  return services
    .filter(hasRules)
    .flatMap((service) => {
      const own = slicesByService.get(`${service.metadata.namespace}/${service.metadata.name}`) ?? [];
      return (service.spec?.ports ?? []).map((port) => toServicePort(service, port, own));
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function hasRules({ spec, metadata }: V1Service): boolean {
  const isElsewhere = metadata.labels?.["service.kubernetes.io/service-proxy-name"] !== undefined;
  return (
    !isElsewhere &&
    spec?.type !== "ExternalName" &&
    spec?.clusterIP !== undefined &&
    spec.clusterIP !== "" &&
    spec.clusterIP !== "None"
  );
}

function toServicePort(service: V1Service, port: V1ServicePort, slices: readonly V1EndpointSlice[]): ServicePortInfo {
  const { spec, metadata, status } = service;
  const portName = port.name ? `:${port.name}` : "";
  const affinity =
    spec?.sessionAffinity === "ClientIP" ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800) : 0;
  return {
    name: `${metadata.namespace}/${metadata.name}${portName}`,
    protocol: (port.protocol ?? "TCP") as ServicePortInfo["protocol"],
    clusterIp: spec?.clusterIP ?? "",
    port: port.port,
    nodePort: port.nodePort ?? 0,
    externalIps: spec?.externalIPs ?? [],
    loadBalancerIps: (status?.loadBalancer?.ingress ?? []).flatMap((ingress) => (ingress.ip ? [ingress.ip] : [])),
    affinitySeconds: affinity,
    isExternalLocal: spec?.externalTrafficPolicy === "Local",
    isInternalLocal: spec?.internalTrafficPolicy === "Local",
    endpoints: collectEndpoints(port, slices),
  };
}

function collectEndpoints(port: V1ServicePort, slices: readonly V1EndpointSlice[]): Endpoint[] {
  const byAddress = new Map<string, Endpoint>();
  for (const slice of slices) {
    const match = slice.ports?.find((candidate) => (candidate.name ?? "") === (port.name ?? ""));
    if (!match?.port) continue;
    for (const { addresses, conditions, nodeName } of slice.endpoints ?? []) {
      for (const ip of addresses) {
        const isReady = conditions?.ready ?? true;
        const isServing = conditions?.serving ?? isReady;
        const isTerminating = conditions?.terminating ?? false;
        byAddress.set(`${ip}:${match.port}`, {
          ip,
          port: match.port,
          nodeName: nodeName ?? "",
          isReady,
          isServing,
          isTerminating,
        });
      }
    }
  }
  return [...byAddress.values()].sort((a, b) => (`${a.ip}:${a.port}` < `${b.ip}:${b.port}` ? -1 : 1));
}

/** Upstream's choice: ready endpoints; when there are none, those that still serve while they terminate (KEP-1669). */
export function usableEndpoints(info: ServicePortInfo, scope: "cluster" | "local", nodeName: string): Endpoint[] {
  const candidates =
    scope === "local" ? info.endpoints.filter((endpoint) => endpoint.nodeName === nodeName) : info.endpoints;
  const ready = candidates.filter((endpoint) => endpoint.isReady);
  return ready.length > 0 ? ready : candidates.filter((endpoint) => endpoint.isServing && endpoint.isTerminating);
}
