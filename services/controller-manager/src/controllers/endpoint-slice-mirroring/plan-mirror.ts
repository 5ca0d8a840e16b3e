import { deepEqual, ipFamilyOf } from "@drydock/apimachinery";
import {
  type DiscoveryV1EndpointPort,
  endpoints as endpointsResource,
  type V1Endpoint,
  type V1EndpointAddress,
  type V1EndpointSlice,
  type V1EndpointSubset,
  type V1Endpoints,
} from "@drydock/kube-api";
import { controllerRefTo } from "../../owners/controller-ref.ts";
import { managedByLabel, type SlicesPlan, serviceNameLabel } from "../endpoint-slice/plan-slices.ts";

export const mirroringValue = "endpointslicemirroring-controller.k8s.io";
const SKIP_LABEL = "endpointslice.kubernetes.io/skip-mirror";
const LEADER_ANNOTATION = "control-plane.alpha.kubernetes.io/leader";
/** Of the Endpoints alone. */
const OWN_ANNOTATIONS: ReadonlySet<string> = new Set([
  "endpoints.kubernetes.io/last-change-trigger-time",
  "kubectl.kubernetes.io/last-applied-configuration",
]);
/** Of a subset; the rest is not mirrored. */
const MAX_ADDRESSES = 1000;

/** Not those that somebody leads by, nor who says that slices are seen to. */
export function isMirrored({ metadata }: V1Endpoints): boolean {
  return !/^(1|t|true)$/i.test(metadata.labels?.[SKIP_LABEL] ?? "") && !metadata.annotations?.[LEADER_ANNOTATION];
}

interface Group {
  readonly addressType: "IPv4" | "IPv6";
  readonly ports: DiscoveryV1EndpointPort[];
  readonly endpoints: V1Endpoint[];
}

/** Brings slices to what Endpoints say that somebody wrote by hand: one for each set of ports and family of addresses. */
export function planMirror(source: V1Endpoints, slices: readonly V1EndpointSlice[]): SlicesPlan {
  const plan: SlicesPlan = { create: [], update: [], delete: [] };
  const left = new Set(slices);
  for (const group of groupsOf(source)) {
    const existing = [...left].find(
      ({ addressType, ports }) => addressType === group.addressType && deepEqual(ports ?? [], group.ports),
    );
    const slice = render(source, group, existing);
    if (!existing) plan.create.push(slice);
    else if (!isSame(slice, existing)) plan.update.push(slice);
    if (existing) left.delete(existing);
  }
  plan.delete.push(...left);
  return plan;
}

function groupsOf({ subsets = [] }: V1Endpoints): Iterable<Group> {
  const groups = new Map<string, Group>();
  for (const subset of subsets) {
    const ports = portsOf(subset);
    for (const [address, isReady] of addressesOf(subset)) {
      const addressType = ipFamilyOf(address.ip);
      if (!addressType) continue;
      const key = `${addressType} ${JSON.stringify(ports)}`;
      const group = groups.get(key) ?? { addressType, ports, endpoints: [] };
      group.endpoints.push(endpointOf(address, isReady));
      groups.set(key, group);
    }
  }
  return groups.values();
}

function addressesOf({ addresses = [], notReadyAddresses = [] }: V1EndpointSubset): [V1EndpointAddress, boolean][] {
  const all: [V1EndpointAddress, boolean][] = [
    ...addresses.map((address): [V1EndpointAddress, boolean] => [address, true]),
    ...notReadyAddresses.map((address): [V1EndpointAddress, boolean] => [address, false]),
  ];
  return all.slice(0, MAX_ADDRESSES);
}

function portsOf({ ports = [] }: V1EndpointSubset): DiscoveryV1EndpointPort[] {
  return ports.map(({ name = "", protocol = "TCP", port, appProtocol }) => ({
    name,
    protocol,
    port,
    ...(appProtocol && { appProtocol }),
  }));
}

function endpointOf({ ip, hostname, nodeName, targetRef }: V1EndpointAddress, ready: boolean): V1Endpoint {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname && { hostname }),
    ...(targetRef && { targetRef }),
    ...(nodeName && { nodeName }),
  };
}

function render(source: V1Endpoints, group: Group, existing: V1EndpointSlice | undefined): V1EndpointSlice {
  const { name, namespace } = source.metadata;
  const labels = { ...source.metadata.labels, [serviceNameLabel]: name, [managedByLabel]: mirroringValue };
  const annotations = Object.fromEntries(
    Object.entries(source.metadata.annotations ?? {}).filter(([key]) => !OWN_ANNOTATIONS.has(key)),
  );
  const ownerReferences = [controllerRefTo(endpointsResource, source)];
  const own = { labels, annotations, ownerReferences };
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: existing ? { ...existing.metadata, ...own } : { name: "", generateName: `${name}-`, namespace, ...own },
    ...group,
  };
}

function isSame(a: V1EndpointSlice, b: V1EndpointSlice): boolean {
  return (
    deepEqual(a.endpoints, b.endpoints ?? []) &&
    deepEqual(a.metadata.labels, b.metadata.labels) &&
    deepEqual(a.metadata.annotations, b.metadata.annotations ?? {}) &&
    deepEqual(a.metadata.ownerReferences, b.metadata.ownerReferences)
  );
}
