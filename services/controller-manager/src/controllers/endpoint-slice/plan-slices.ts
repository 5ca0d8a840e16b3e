import { deepEqual } from "@drydock/apimachinery";
import {
  type DiscoveryV1EndpointPort,
  services,
  type V1Endpoint,
  type V1EndpointSlice,
  type V1Node,
  type V1Pod,
  type V1Service,
} from "@drydock/kube-api";
import { controllerRefTo } from "../../owners/controller-ref.ts";
import { podReference, type ServicePod, servicePods, targetPortOf } from "../../services/service-pods.ts";

export const managedByLabel = "endpointslice.kubernetes.io/managed-by";
export const managedByValue = "endpointslice-controller.k8s.io";
export const serviceNameLabel = "kubernetes.io/service-name";
const HEADLESS_LABEL = "service.kubernetes.io/headless";
const MAX_ENDPOINTS = 100;

export interface SlicesView {
  readonly service: V1Service;
  /** Those the selector matches. */
  readonly pods: readonly V1Pod[];
  /** The slices we made for the Service. */
  readonly slices: readonly V1EndpointSlice[];
  nodeOf(name: string): V1Node | undefined;
}

export interface SlicesPlan {
  readonly create: V1EndpointSlice[];
  readonly update: V1EndpointSlice[];
  readonly delete: V1EndpointSlice[];
}

/**
 * Brings the slices of a Service to what its pods are. Pods with the same ports share slices of at most 100; a slice keeps the
 * endpoints it has, so that a change to one pod rewrites one slice.
 */
export function planSlices(view: SlicesView): SlicesPlan {
  const plan: SlicesPlan = { create: [], update: [], delete: [] };
  const families = view.service.spec?.ipFamilies ?? ["IPv4"];
  const left = new Set(view.slices);
  for (const family of families) {
    if (family !== "IPv4" && family !== "IPv6") continue;
    for (const group of groupByPorts(view, family)) planGroup(view, group, left, plan);
  }
  plan.delete.push(...left);
  return plan;
}

interface Group {
  readonly family: "IPv4" | "IPv6";
  readonly ports: DiscoveryV1EndpointPort[];
  readonly endpoints: V1Endpoint[];
}

/** Named target ports may mean different numbers on different pods. A Service without pods still has one, empty, slice. */
function groupByPorts(view: SlicesView, family: "IPv4" | "IPv6"): Group[] {
  const groups = new Map<string, Group>();
  for (const pod of servicePods(view.service, view.pods, family)) {
    const ports = endpointPorts(view.service, pod.pod);
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { family, ports, endpoints: [] };
    group.endpoints.push(endpointOf(view, pod));
    groups.set(key, group);
  }
  return groups.size > 0 ? [...groups.values()] : [{ family, ports: [], endpoints: [] }];
}

function endpointPorts(service: V1Service, pod: V1Pod): DiscoveryV1EndpointPort[] {
  return (service.spec?.ports ?? []).flatMap((port) => {
    const number = targetPortOf(port, pod);
    if (number === undefined) return [];
    const { name = "", protocol = "TCP", appProtocol } = port;
    return [{ name, port: number, protocol, ...(appProtocol ? { appProtocol } : {}) }];
  });
}

function endpointOf(view: SlicesView, { pod, ip, isReady, isServing, isTerminating }: ServicePod): V1Endpoint {
  const nodeName = pod.spec?.nodeName;
  const zone = nodeName ? view.nodeOf(nodeName)?.metadata.labels?.["topology.kubernetes.io/zone"] : undefined;
  const hasHostname = pod.spec?.hostname && pod.spec.subdomain === view.service.metadata.name;
  return {
    addresses: [ip],
    conditions: { ready: isReady, serving: isServing, terminating: isTerminating },
    ...(hasHostname ? { hostname: pod.spec?.hostname } : {}),
    ...(nodeName ? { nodeName } : {}),
    targetRef: podReference(pod),
    ...(zone ? { zone } : {}),
  };
}

function planGroup(view: SlicesView, group: Group, left: Set<V1EndpointSlice>, plan: SlicesPlan): void {
  const isEmptyGroup = group.endpoints.length === 0;
  const mine = [...left].filter(
    ({ addressType, ports }) => addressType === group.family && (isEmptyGroup || deepEqual(ports ?? [], group.ports)),
  );
  const wanted = new Map(group.endpoints.map((endpoint) => [endpoint.targetRef?.uid ?? "", endpoint]));
  const contents = mine.map((slice) => {
    const kept = (slice.endpoints ?? []).flatMap((endpoint) => take(wanted, endpoint.targetRef?.uid ?? ""));
    return { slice, endpoints: kept };
  });
  // Newcomers fill what is there before a slice is added.
  for (const content of contents)
    content.endpoints.push(...takeFirst(wanted, MAX_ENDPOINTS - content.endpoints.length));
  contents.forEach(({ slice, endpoints }, index) => {
    const isPlaceholder = isEmptyGroup && index === 0;
    if (endpoints.length === 0 && !isPlaceholder) return;
    left.delete(slice);
    const updated = render(view.service, group, endpoints, slice);
    if (!isSameSlice(updated, slice)) plan.update.push(updated);
  });
  while (wanted.size > 0) plan.create.push(render(view.service, group, takeFirst(wanted, MAX_ENDPOINTS)));
  if (isEmptyGroup && mine.length === 0) plan.create.push(render(view.service, group, []));
}

function take(from: Map<string, V1Endpoint>, key: string): V1Endpoint[] {
  const found = from.get(key);
  from.delete(key);
  return found ? [found] : [];
}

function takeFirst(from: Map<string, V1Endpoint>, count: number): V1Endpoint[] {
  return [...from.keys()].slice(0, Math.max(0, count)).flatMap((key) => take(from, key));
}

function isSameSlice(a: V1EndpointSlice, b: V1EndpointSlice): boolean {
  return deepEqual(a.endpoints ?? [], b.endpoints ?? []) && deepEqual(a.metadata.labels, b.metadata.labels);
}

function render(
  service: V1Service,
  group: Group,
  endpoints: V1Endpoint[],
  existing?: V1EndpointSlice,
): V1EndpointSlice {
  const { name, namespace } = service.metadata;
  const isHeadless = service.spec?.clusterIP === "None";
  const labels = {
    ...service.metadata.labels,
    [serviceNameLabel]: name,
    [managedByLabel]: managedByValue,
    ...(isHeadless ? { [HEADLESS_LABEL]: "" } : {}),
  };
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: existing
      ? { ...existing.metadata, labels }
      : {
          name: "",
          generateName: `${name}-`,
          namespace,
          labels,
          ownerReferences: [controllerRefTo(services, service)],
        },
    addressType: group.family,
    endpoints,
    ports: endpoints.length === 0 ? (existing?.ports ?? group.ports) : group.ports,
  };
}
