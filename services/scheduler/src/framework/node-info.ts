import { parseQuantity } from "@drydock/apimachinery";
import type { V1Container, V1Node, V1Pod } from "@drydock/kube-api";

/** cpu in milli-cores, memory and storage in bytes, others in their own unit. */
export type Resources = ReadonlyMap<string, number>;

/** Assumed for scoring where a container asks for nothing, so that such pods spread too. */
const DEFAULT_CPU_MILLIS = 100;
const DEFAULT_MEMORY_BYTES = 200 * 1024 * 1024;

/** A node with what its pods use of it. Changed only by the cache. */
export class NodeInfo {
  node: V1Node;
  readonly pods = new Map<string, V1Pod>();
  allocatable: Resources = new Map();
  readonly requested = new Map<string, number>();
  readonly #usedPorts = new Map<string, number>();
  imageSizes = new Map<string, number>();

  constructor(node: V1Node) {
    this.node = node;
    this.setNode(node);
  }

  get name(): string {
    return this.node.metadata.name;
  }

  setNode(node: V1Node): void {
    this.node = node;
    this.allocatable = toResources(node.status?.allocatable ?? {});
    this.imageSizes = new Map(
      (node.status?.images ?? []).flatMap(({ names = [], sizeBytes = 0 }) =>
        names.map((name) => [name, Number(sizeBytes)] as const),
      ),
    );
  }

  addPod(pod: V1Pod): void {
    this.#count(pod, 1);
    this.pods.set(pod.metadata.uid ?? "", pod);
  }

  removePod(uid: string): void {
    const pod = this.pods.get(uid);
    if (!pod) return;
    this.pods.delete(uid);
    this.#count(pod, -1);
  }

  hasPort(protocol: string, ip: string, port: number): boolean {
    const isUsed = (address: string) => (this.#usedPorts.get(`${protocol}/${address}/${port}`) ?? 0) > 0;
    if (isUsed("0.0.0.0")) return true;
    return ip === "0.0.0.0"
      ? [...this.#usedPorts].some(
          ([key, count]) => count > 0 && key.startsWith(`${protocol}/`) && key.endsWith(`/${port}`),
        )
      : isUsed(ip);
  }

  #count(pod: V1Pod, sign: 1 | -1): void {
    for (const [name, amount] of podRequests(pod))
      this.requested.set(name, (this.requested.get(name) ?? 0) + sign * amount);
    for (const { protocol, ip, port } of hostPorts(pod)) {
      const key = `${protocol}/${ip}/${port}`;
      this.#usedPorts.set(key, (this.#usedPorts.get(key) ?? 0) + sign);
    }
  }
}

export function hostPorts({ spec }: V1Pod): { protocol: string; ip: string; port: number }[] {
  return (spec?.containers ?? []).flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort, hostIP, protocol = "TCP" }) =>
      hostPort ? [{ protocol, ip: hostIP || "0.0.0.0", port: hostPort }] : [],
    ),
  );
}

/** What a pod asks for: the sum of its containers and sidecars, or its largest init container if that is more. */
export function podRequests({ spec }: V1Pod): Resources {
  const running = sum(
    [
      ...(spec?.containers ?? []),
      ...(spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always"),
    ].map(containerRequests),
  );
  for (const container of spec?.initContainers ?? []) {
    for (const [name, amount] of containerRequests(container))
      running.set(name, Math.max(running.get(name) ?? 0, amount));
  }
  for (const [name, amount] of toResources(spec?.overhead ?? {})) running.set(name, (running.get(name) ?? 0) + amount);
  return running;
}

/** The same with defaults for what is not asked for. */
export function podRequestsForScore(pod: V1Pod): Resources {
  const requests = new Map(podRequests(pod));
  if (!requests.get("cpu")) requests.set("cpu", DEFAULT_CPU_MILLIS * (pod.spec?.containers.length ?? 1));
  if (!requests.get("memory")) requests.set("memory", DEFAULT_MEMORY_BYTES * (pod.spec?.containers.length ?? 1));
  return requests;
}

function containerRequests({ resources }: V1Container): Resources {
  return toResources(resources?.requests ?? {});
}

function toResources(quantities: Readonly<Record<string, string>>): Map<string, number> {
  return new Map(
    Object.entries(quantities).map(([name, text]) => [
      name,
      name === "cpu" ? parseQuantity(text).milliValue() : parseQuantity(text).toNumber(),
    ]),
  );
}

function sum(all: readonly Resources[]): Map<string, number> {
  const total = new Map<string, number>();
  for (const resources of all) for (const [name, amount] of resources) total.set(name, (total.get(name) ?? 0) + amount);
  return total;
}
