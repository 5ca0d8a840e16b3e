import { labelSelectorFromMap } from "@drydock/apimachinery";
import type { V1Endpoint, V1Pod, V1Service, V1ServicePort } from "@drydock/kube-api";
import { isPodReady } from "../../pods/pod-state.ts";

/** Endpoints that share their port numbers: named target ports may differ from pod to pod. */
export interface EndpointGroup {
  readonly ports: readonly { name: string; port: number; protocol: string }[];
  readonly endpoints: readonly V1Endpoint[];
}

/** Who serves a Service now, and how far. Pure; in a stable order. */
export function planEndpoints(service: V1Service, pods: readonly V1Pod[]): EndpointGroup[] {
  const selector = labelSelectorFromMap(service.spec?.selector);
  const groups = new Map<string, { ports: EndpointGroup["ports"]; endpoints: V1Endpoint[] }>();
  for (const pod of pods) {
    if (!selector.matches(pod.metadata.labels ?? {}) || !isReachable(pod)) continue;
    const ports = portsOf(service, pod);
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    group.endpoints.push(toEndpoint(service, pod));
    groups.set(key, group);
  }
  for (const { endpoints } of groups.values())
    endpoints.sort((a, b) => ((a.addresses[0] ?? "") < (b.addresses[0] ?? "") ? -1 : 1));
  return [...groups.values()].sort((a, b) => (JSON.stringify(a.ports) < JSON.stringify(b.ports) ? -1 : 1));
}

function isReachable({ status, metadata }: V1Pod): boolean {
  const isOver = status?.phase === "Failed" || status?.phase === "Succeeded";
  return Boolean(status?.podIP) && !isOver && !(isOver && metadata.deletionTimestamp);
}

function toEndpoint(service: V1Service, pod: V1Pod): V1Endpoint {
  const isTerminating = pod.metadata.deletionTimestamp !== undefined;
  const isServing = isPodReady(pod);
  const isReady = service.spec?.publishNotReadyAddresses === true || (isServing && !isTerminating);
  const isNamed = pod.spec?.hostname && pod.spec.subdomain === service.metadata.name;
  return {
    addresses: [pod.status?.podIP ?? ""],
    conditions: { ready: isReady, serving: isServing, terminating: isTerminating },
    ...(isNamed && pod.spec?.hostname ? { hostname: pod.spec.hostname } : {}),
    ...(pod.spec?.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: {
      kind: "Pod",
      namespace: pod.metadata.namespace ?? "",
      name: pod.metadata.name,
      uid: pod.metadata.uid ?? "",
    },
  };
}

function portsOf(service: V1Service, pod: V1Pod): EndpointGroup["ports"] {
  return (service.spec?.ports ?? []).flatMap((port) => {
    const number = targetPort(port, pod);
    return number === undefined ? [] : [{ name: port.name ?? "", port: number, protocol: port.protocol ?? "TCP" }];
  });
}

/** A number, or the container port of that name and protocol; undefined when the pod has none. */
function targetPort({ targetPort: target, port, protocol = "TCP" }: V1ServicePort, pod: V1Pod): number | undefined {
  if (target === undefined || target === 0 || target === "") return port;
  if (typeof target === "number") return target;
  const all = [
    ...(pod.spec?.containers ?? []),
    ...(pod.spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always"),
  ];
  return all
    .flatMap(({ ports }) => ports ?? [])
    .find(({ name, protocol: own = "TCP" }) => name === target && own === protocol)?.containerPort;
}
