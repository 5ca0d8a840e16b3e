import { deepEqual } from "@drydock/apimachinery";
import type {
  CoreV1EndpointPort,
  V1EndpointAddress,
  V1EndpointSubset,
  V1Endpoints,
  V1Pod,
  V1Service,
} from "@drydock/kube-api";
import { podReference, type ServicePod, servicePods, targetPortOf } from "../../services/service-pods.ts";

const MANAGED_BY = { "endpoints.kubernetes.io/managed-by": "endpoint-controller" };
const HEADLESS_LABEL = "service.kubernetes.io/headless";
const OVER_CAPACITY = "endpoints.kubernetes.io/over-capacity";
const MAX_ADDRESSES = 1000;

/** The old, one-object form of a Service's pods. Undefined when `current` says it already. */
export function planEndpoints(
  service: V1Service,
  pods: readonly V1Pod[],
  current: V1Endpoints | undefined,
): V1Endpoints | undefined {
  const family = service.spec?.ipFamilies?.[0] === "IPv6" ? "IPv6" : "IPv4";
  const publishesAll = service.spec?.publishNotReadyAddresses === true;
  const candidates = servicePods(service, pods, family).filter((pod) => publishesAll || !pod.isTerminating);
  const subsets = groupSubsets(service, candidates.slice(0, MAX_ADDRESSES));
  const labels = {
    ...service.metadata.labels,
    ...MANAGED_BY,
    ...(service.spec?.clusterIP === "None" ? { [HEADLESS_LABEL]: "" } : {}),
  };
  const isSame = current && deepEqual(current.subsets ?? [], subsets) && deepEqual(current.metadata.labels, labels);
  if (isSame) return undefined;
  const { name, namespace } = service.metadata;
  const annotations = candidates.length > MAX_ADDRESSES ? { annotations: { [OVER_CAPACITY]: "truncated" } } : {};
  return {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: { ...(current?.metadata ?? { name, namespace }), labels, ...annotations },
    ...(subsets.length > 0 ? { subsets } : {}),
  };
}

/** Addresses with the same ports share a subset. */
function groupSubsets(service: V1Service, pods: readonly ServicePod[]): V1EndpointSubset[] {
  const subsets = new Map<string, V1EndpointSubset>();
  for (const pod of pods) {
    const ports = portsOf(service, pod.pod);
    const key = JSON.stringify(ports);
    const subset = subsets.get(key) ?? { ...(ports.length > 0 ? { ports } : {}) };
    const list = pod.isReady ? "addresses" : "notReadyAddresses";
    subset[list] = [...(subset[list] ?? []), addressOf(service, pod)];
    subsets.set(key, subset);
  }
  return [...subsets.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, subset]) => subset);
}

function portsOf(service: V1Service, pod: V1Pod): CoreV1EndpointPort[] {
  return (service.spec?.ports ?? []).flatMap((port) => {
    const number = targetPortOf(port, pod);
    if (number === undefined) return [];
    const { name, protocol = "TCP", appProtocol } = port;
    return [{ ...(name ? { name } : {}), port: number, protocol, ...(appProtocol ? { appProtocol } : {}) }];
  });
}

function addressOf(service: V1Service, { pod, ip }: ServicePod): V1EndpointAddress {
  const hasHostname = pod.spec?.hostname && pod.spec.subdomain === service.metadata.name;
  return {
    ip,
    ...(hasHostname ? { hostname: pod.spec?.hostname } : {}),
    ...(pod.spec?.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: podReference(pod),
  };
}
