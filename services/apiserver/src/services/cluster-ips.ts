import { StatusError } from "@drydock/apimachinery";
import type { Prng } from "@drydock/base";
import type { V1IPAddress, V1Service, V1ServiceCIDR } from "@drydock/kube-api";
import { loopbackContext } from "../bootstrap/loopback-context.ts";
import type { Registry, ResourceStore } from "../registry/registry.ts";
import { canonicalIp } from "../resources/meta/ip-rules.ts";
import { create } from "../verbs/create.ts";
import { remove } from "../verbs/delete.ts";
import type { AddressMetrics } from "./address-metrics.ts";
import {
  addressesToTry,
  type IpFamily,
  isInRange,
  parseServiceRange,
  type ServiceRange,
  sizeOf,
} from "./service-range.ts";

export const MANAGED_BY_LABEL = "ipaddress.kubernetes.io/managed-by";
export const FAMILY_LABEL = "ipaddress.kubernetes.io/ip-family";
export const IP_ALLOCATOR = "ipallocator.k8s.io";

/** Upstream's texts, which stand in messages. */
const NO_RANGE = "the provided network does not match the current range";
const ALLOCATED = "provided IP is already allocated";
const FULL = "range is full";

export type Allocated = { readonly ip: string } | { readonly refusal: string };

/**
 * Cluster IPs, each held by an IPAddress of its name: creating it is what gives the address out, so no two servers can give out one.
 * The addresses are those of all ServiceCIDRs that are ready.
 */
export class ClusterIps {
  readonly #cidrs: ResourceStore;
  readonly #addresses: ResourceStore;
  readonly #prng: Prng;
  readonly #metrics: Pick<AddressMetrics, "ip">;

  constructor(registry: Registry, prng: Prng, metrics: Pick<AddressMetrics, "ip">) {
    this.#metrics = metrics;
    this.#cidrs = registry.require("networking.k8s.io", "v1", "servicecidrs");
    this.#addresses = registry.require("networking.k8s.io", "v1", "ipaddresses");
    this.#prng = prng;
  }

  /** Takes this very address. */
  async claim(service: V1Service, ip: string, isDryRun: boolean): Promise<Allocated> {
    const range = this.#ranges().find((candidate) => isInRange(candidate, ip));
    if (!range) return { refusal: NO_RANGE };
    if (isDryRun) return { ip };
    const isGiven = await this.#take(service, ip);
    this.#metrics.ip(range.cidr, "static", isGiven);
    return isGiven ? { ip } : { refusal: ALLOCATED };
  }

  /** Takes one of this family that is free. A dry run does not look for one. */
  async next(service: V1Service, family: IpFamily, isDryRun: boolean): Promise<Allocated> {
    for (const range of this.#ranges()) {
      if (range.family !== family) continue;
      if (isDryRun) return { ip: range.cidr.split("/")[0] as string };
      const began = performance.now();
      for (const ip of addressesToTry(range, (below) => this.#prng.integer(below))) {
        if (this.#isTaken(ip)) continue;
        if (!(await this.#take(service, ip))) continue;
        this.#metrics.ip(range.cidr, "dynamic", true, (performance.now() - began) / 1000);
        return { ip };
      }
      this.#metrics.ip(range.cidr, "dynamic", false);
    }
    return { refusal: FULL };
  }

  /** Takes it for a Service that has it already, in whatever range it is. */
  async hold(service: V1Service, ip: string): Promise<void> {
    await this.#take(service, ip);
  }

  /** How full the ranges are. */
  use(): { readonly cidr: string; readonly size: number; readonly used: number }[] {
    const taken = [...this.#addresses.cache.scan()].map(({ object }) => object.metadata.name);
    return this.#ranges().map((range) => ({
      cidr: range.cidr,
      size: sizeOf(range),
      used: taken.filter((ip) => isInRange(range, ip)).length,
    }));
  }

  /** Gives it back; that it was not held is no error. */
  async release(ip: string): Promise<void> {
    const options = {
      dryRun: false,
      gracePeriodSeconds: undefined,
      propagationPolicy: undefined,
      preconditions: undefined,
    };
    const request = { namespace: "", name: canonicalIp(ip) ?? ip, options, context: loopbackContext() };
    await remove(this.#addresses, request).catch((error: unknown) => {
      if (StatusError.from(error).code !== 404) throw error;
    });
  }

  #isTaken(ip: string): boolean {
    return this.#addresses.registry.cached(this.#addresses, "", ip) !== undefined;
  }

  /** False when somebody has it. */
  async #take(service: V1Service, ip: string): Promise<boolean> {
    try {
      const object = ipAddressOf(service, ip);
      await create(this.#addresses, { namespace: "", object, isDryRun: false, context: loopbackContext() });
      return true;
    } catch (error) {
      if (StatusError.from(error).code === 409) return false;
      throw error;
    }
  }

  #ranges(): ServiceRange[] {
    return [...this.#cidrs.cache.scan()]
      .map(({ object }) => object as V1ServiceCIDR)
      .filter(isOpen)
      .flatMap(({ spec }) => spec?.cidrs ?? [])
      .flatMap((cidr) => parseServiceRange(cidr) ?? []);
  }
}

/** One without a condition counts as ready: nobody may have come to set it. */
function isOpen({ metadata, status }: V1ServiceCIDR): boolean {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return metadata.deletionTimestamp === undefined && (ready?.status ?? "True") === "True";
}

export function familyOf(ip: string): IpFamily {
  return ip.includes(":") ? "IPv6" : "IPv4";
}

export function ipAddressOf({ metadata: { namespace = "", name } }: V1Service, ip: string): V1IPAddress {
  const labels = { [FAMILY_LABEL]: familyOf(ip), [MANAGED_BY_LABEL]: IP_ALLOCATOR };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "IPAddress",
    metadata: { name: canonicalIp(ip) ?? ip, labels },
    spec: { parentRef: { resource: "services", namespace, name } },
  };
}
