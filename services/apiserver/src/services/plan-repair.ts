import type { V1IPAddress, V1Service } from "@drydock/kube-api";
import { canonicalIp } from "../resources/meta/ip-rules.ts";
import { FAMILY_LABEL, familyOf, IP_ALLOCATOR, MANAGED_BY_LABEL } from "./cluster-ips.ts";

export type Repair =
  | (OfService & { readonly kind: "create" | "recreate" | "report" })
  | { readonly kind: "delete"; readonly ip: string; readonly why: string; readonly reason: "IPAddressNotAllocated" };

interface OfService {
  readonly ip: string;
  readonly service: V1Service;
  readonly why: string;
  /** What the owner's Event says in one word. */
  readonly reason: "ClusterIPNotAllocated" | "ClusterIPAlreadyAllocated";
}

/** An address that no Service shows yet may be that of one being written. */
const GRACE_MS = 60_000;

/** What is to be done so that each cluster IP has its IPAddress and each of our IPAddresses its Service (upstream's repair loop). */
export function planRepair(
  services: readonly V1Service[],
  addresses: readonly V1IPAddress[],
  nowMs: number,
): readonly Repair[] {
  const byName = new Map(addresses.map((address) => [address.metadata.name, address]));
  const byService = new Map(services.map((service) => [idOf(service.metadata), service]));
  const repairs = services.flatMap((service) =>
    addressesOf(service).flatMap((ip) => repairService(service, ip, byName.get(ip), byService) ?? []),
  );
  const handled = new Set(repairs.map(({ ip }) => ip));
  const leaks = addresses.flatMap((address) =>
    handled.has(address.metadata.name) ? [] : (repairAddress(address, byService, nowMs) ?? []),
  );
  return [...repairs, ...leaks];
}

function repairService(
  service: V1Service,
  ip: string,
  address: V1IPAddress | undefined,
  byService: ReadonlyMap<string, V1Service>,
): Repair | undefined {
  const { namespace, name } = service.metadata;
  const family = familyOf(ip);
  const reason = "ClusterIPNotAllocated";
  if (!address)
    return { kind: "create", ip, service, reason, why: `Cluster IP [${family}]: ${ip} is not allocated; repairing` };
  const wrong = `the ClusterIP [${family}]: ${ip} for Service ${namespace}/${name} has a wrong reference; repairing`;
  const parent = address.spec?.parentRef;
  if (parent?.group || parent?.resource !== "services") return { kind: "recreate", ip, service, reason, why: wrong };
  if (idOf(parent) !== idOf(service.metadata)) {
    const other = byService.get(idOf(parent));
    if (!other) return { kind: "recreate", ip, service, reason, why: wrong };
    const why = `Cluster IP [${family}]:${ip} was assigned to multiple services; please recreate service`;
    if (addressesOf(other).includes(ip))
      return { kind: "report", ip, service, why, reason: "ClusterIPAlreadyAllocated" };
  }
  const { labels } = address.metadata;
  if (labels?.[FAMILY_LABEL] === family && labels[MANAGED_BY_LABEL] === IP_ALLOCATOR) return undefined;
  return { kind: "recreate", ip, service, reason, why: wrong };
}

function repairAddress(
  { metadata, spec }: V1IPAddress,
  byService: ReadonlyMap<string, V1Service>,
  nowMs: number,
): Repair | undefined {
  if (metadata.labels?.[MANAGED_BY_LABEL] !== IP_ALLOCATOR) return undefined;
  const ip = metadata.name;
  const parent = spec?.parentRef;
  const isOfService = !parent?.group && parent?.resource === "services";
  const service = isOfService ? byService.get(idOf(parent)) : undefined;
  if (service && addressesOf(service).includes(ip)) return undefined;
  if (isOfService && nowMs - Date.parse(metadata.creationTimestamp ?? "") <= GRACE_MS) return undefined;
  const what = `IPAddress: ${ip} for Service ${parent?.namespace ?? ""}/${parent?.name ?? ""}`;
  const isLost = isOfService && !service;
  return {
    kind: "delete",
    ip,
    reason: "IPAddressNotAllocated",
    why: isLost ? `${what} appears to have leaked: cleaning up` : `${what} has a wrong reference; cleaning up`,
  };
}

function addressesOf({ spec }: V1Service): readonly string[] {
  if (!spec || spec.type === "ExternalName") return [];
  const ips = spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : []);
  // As the IPAddresses of them are called.
  return ips.filter((ip) => ip !== "None" && ip !== "").map((ip) => canonicalIp(ip) ?? ip);
}

function idOf({ namespace, name }: { readonly namespace?: string; readonly name?: string }): string {
  return `${namespace}/${name}`;
}
