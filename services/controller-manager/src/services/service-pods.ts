import { ipFamilyOf } from "@drydock/apimachinery";
import type { V1Pod, V1Service, V1ServicePort } from "@drydock/kube-api";
import { isPodReady, isPodTerminal } from "../pods/pod-state.ts";

/** A pod as a Service sees it. */
export interface ServicePod {
  readonly pod: V1Pod;
  readonly ip: string;
  readonly isServing: boolean;
  readonly isTerminating: boolean;
  /** Traffic may go to it. */
  readonly isReady: boolean;
}

/** The pods of a Service that have an address, sorted by it. Finished pods are left out. */
export function servicePods(service: V1Service, pods: readonly V1Pod[], family: "IPv4" | "IPv6"): ServicePod[] {
  const publishesAll = service.spec?.publishNotReadyAddresses === true;
  return pods
    .filter((pod) => !isPodTerminal(pod))
    .flatMap((pod) => {
      const ip = addressOf(pod, family);
      if (!ip) return [];
      const isServing = isPodReady(pod) || publishesAll;
      const isTerminating = pod.metadata.deletionTimestamp !== undefined;
      return [{ pod, ip, isServing, isTerminating, isReady: publishesAll || (isServing && !isTerminating) }];
    })
    .sort((a, b) => (a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : 0));
}

function addressOf(pod: V1Pod, family: "IPv4" | "IPv6"): string | undefined {
  const ips = pod.status?.podIPs?.map(({ ip }) => ip) ?? [pod.status?.podIP ?? ""];
  return ips.find((ip) => ip && ipFamilyOf(ip) === family);
}

/** The number a Service port means on this pod; undefined when its name is not among the pod's ports. */
export function targetPortOf(port: V1ServicePort, pod: V1Pod): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === "number") return target === 0 ? port.port : target;
  const containers = [
    ...(pod.spec?.containers ?? []),
    ...(pod.spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always"),
  ];
  const protocol = port.protocol ?? "TCP";
  return containers
    .flatMap(({ ports }) => ports ?? [])
    .find(({ name, protocol: other }) => name === target && (other ?? "TCP") === protocol)?.containerPort;
}

/** Keys of the Services in the pod's namespace that select it. */
export function keysSelecting(services: readonly V1Service[], pod: V1Pod): string[] {
  const labels = pod.metadata.labels ?? {};
  return services
    .filter(({ spec }) => {
      const wanted = Object.entries(spec?.selector ?? {});
      return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
    })
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
}

export function podReference({ metadata }: V1Pod) {
  return { kind: "Pod", namespace: metadata.namespace, name: metadata.name, uid: metadata.uid };
}
