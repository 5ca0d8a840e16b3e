import { FieldPath, fieldErrors, invalid, type KubeObject } from "@drydock/apimachinery";
import type { Prng } from "@drydock/base";
import type { V1Service } from "@drydock/kube-api";
import type { ResourceStore, Undo, WriteHook } from "../registry/registry.ts";
import { formatIpv4, parseRange } from "./ipv4-range.ts";

export interface ServiceRanges {
  /** CIDR of cluster IPs. */
  readonly clusterIps: string;
  readonly nodePortFirst: number;
  readonly nodePortLast: number;
}

const KIND = { group: "", kind: "Service" };
const TRIES = 64;

/**
 * Gives Services their cluster IPs and node ports. What is taken is what the Services in the cache (and writes under way) hold, so
 * nothing can leak: a Service that goes frees its addresses by going.
 */
export class ServiceAddresses implements WriteHook {
  readonly #store: ResourceStore;
  readonly #ranges: ServiceRanges;
  readonly #prng: Prng;
  /** Promised to writes that the cache does not show yet; by whose they are. */
  readonly #reservedIps = new Map<string, string>();
  readonly #reservedPorts = new Map<number, string>();

  constructor(store: ResourceStore, ranges: ServiceRanges, prng: Prng) {
    this.#store = store;
    this.#ranges = ranges;
    this.#prng = prng;
  }

  beforeCreate(object: KubeObject): Undo {
    return this.#allocate(object as V1Service, undefined);
  }

  beforeUpdate(object: KubeObject, old: KubeObject): Undo {
    return this.#allocate(object as V1Service, old as V1Service);
  }

  afterDelete(object: KubeObject): void {
    const id = idOf(object);
    this.#release(id);
  }

  #allocate(service: V1Service, old: V1Service | undefined): Undo {
    const { spec } = service;
    const id = idOf(service);
    if (!spec) return undefined;
    if (spec.type === "ExternalName") {
      delete spec.clusterIPs;
      return undefined;
    }
    this.#assignClusterIp(service, old, id);
    if (spec.type === "NodePort" || spec.type === "LoadBalancer") this.#assignNodePorts(service, old, id);
    return () => this.#release(id);
  }

  #assignClusterIp(service: V1Service, old: V1Service | undefined, id: string): void {
    const spec = service.spec as NonNullable<V1Service["spec"]>;
    const wanted = spec.clusterIP || spec.clusterIPs?.[0] || "";
    const isOwn = wanted !== "" && wanted === old?.spec?.clusterIP;
    spec.clusterIP =
      wanted === "None" || isOwn ? wanted : wanted === "" ? this.#freeIp() : this.#claimIp(service, wanted);
    spec.clusterIPs = [spec.clusterIP];
    spec.ipFamilies ??= ["IPv4"];
    spec.ipFamilyPolicy ??= "SingleStack";
    if (spec.clusterIP !== "None" && !isOwn) this.#reservedIps.set(spec.clusterIP, id);
  }

  #claimIp(service: V1Service, ip: string): string {
    const range = parseRange(this.#ranges.clusterIps);
    const path = FieldPath.of("spec", "clusterIPs");
    const refuse = (why: string) =>
      invalid(KIND, service.metadata.name, [fieldErrors.invalid(path, [ip], `failed to allocate IP ${ip}: ${why}`)]);
    if (!range.contains(ip))
      throw refuse(
        `the provided IP (${ip}) is not in the valid range. The range of valid IPs is ${this.#ranges.clusterIps}`,
      );
    if (this.#takenIps(idOf(service)).has(ip)) throw refuse("provided IP is already allocated");
    return ip;
  }

  /** Drawn from the upper part, so that the lower one stays free for fixed addresses (KEP-3070). */
  #freeIp(): string {
    const range = parseRange(this.#ranges.clusterIps);
    const taken = this.#takenIps("");
    const reservedForFixed = Math.min(Math.max(16, Math.floor(range.size / 16)), 256);
    for (let tries = 0; tries < TRIES; tries++) {
      const ip = formatIpv4(range.base + reservedForFixed + this.#prng.integer(range.size - reservedForFixed - 1));
      if (!taken.has(ip)) return ip;
    }
    for (let offset = 1; offset < range.size - 1; offset++) {
      const ip = formatIpv4(range.base + offset);
      if (!taken.has(ip)) return ip;
    }
    throw invalid(KIND, "", [fieldErrors.internal(FieldPath.of("spec", "clusterIPs"), "range is full")]);
  }

  #assignNodePorts(service: V1Service, old: V1Service | undefined, id: string): void {
    const own = new Set((old?.spec?.ports ?? []).map(({ nodePort }) => nodePort ?? 0));
    const taken = this.#takenPorts(id);
    (service.spec?.ports ?? []).forEach((port, index) => {
      if (port.nodePort && own.has(port.nodePort)) return;
      if (port.nodePort) this.#checkNodePort(service, port.nodePort, index, taken);
      else port.nodePort = this.#freePort(taken);
      taken.add(port.nodePort);
      this.#reservedPorts.set(port.nodePort, id);
    });
  }

  #checkNodePort(service: V1Service, nodePort: number, index: number, taken: ReadonlySet<number>): void {
    const { nodePortFirst, nodePortLast } = this.#ranges;
    const path = FieldPath.of("spec", "ports").index(index).child("nodePort");
    const refuse = (why: string) => invalid(KIND, service.metadata.name, [fieldErrors.invalid(path, nodePort, why)]);
    if (nodePort < nodePortFirst || nodePort > nodePortLast)
      throw refuse(
        `provided port is not in the valid range. The range of valid ports is ${nodePortFirst}-${nodePortLast}`,
      );
    if (taken.has(nodePort)) throw refuse("provided port is already allocated");
  }

  #freePort(taken: ReadonlySet<number>): number {
    const { nodePortFirst, nodePortLast } = this.#ranges;
    const size = nodePortLast - nodePortFirst + 1;
    const start = this.#prng.integer(size);
    for (let step = 0; step < size; step++) {
      const port = nodePortFirst + ((start + step) % size);
      if (!taken.has(port)) return port;
    }
    throw invalid(KIND, "", [fieldErrors.internal(FieldPath.of("spec", "ports"), "range is full")]);
  }

  #takenIps(exceptId: string): Set<string> {
    const taken = new Set([...this.#reservedIps].filter(([, id]) => id !== exceptId).map(([ip]) => ip));
    for (const service of this.#services())
      if (idOf(service) !== exceptId && service.spec?.clusterIP) taken.add(service.spec.clusterIP);
    return taken;
  }

  #takenPorts(exceptId: string): Set<number> {
    const taken = new Set([...this.#reservedPorts].filter(([, id]) => id !== exceptId).map(([port]) => port));
    for (const service of this.#services()) {
      if (idOf(service) === exceptId) continue;
      for (const { nodePort } of service.spec?.ports ?? []) if (nodePort) taken.add(nodePort);
    }
    return taken;
  }

  *#services(): Generator<V1Service> {
    for (const { object } of this.#store.cache.scan()) yield object as V1Service;
  }

  #release(id: string): void {
    for (const [ip, owner] of this.#reservedIps) if (owner === id) this.#reservedIps.delete(ip);
    for (const [port, owner] of this.#reservedPorts) if (owner === id) this.#reservedPorts.delete(port);
  }
}

function idOf({ metadata }: KubeObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}
