import { FieldPath, fieldErrors, internal, invalid, type KubeObject } from "@drydock/apimachinery";
import type { Prng } from "@drydock/base";
import type { Logger } from "@drydock/component";
import type { V1Service, V1ServiceSpec } from "@drydock/kube-api";
import type { Settle, WriteHook } from "../registry/registry.ts";
import { needsHealthCheck } from "../resources/core/service.ts";
import type { AddressMetrics } from "./address-metrics.ts";
import type { ClusterIps } from "./cluster-ips.ts";
import { assignIpFamilies } from "./ip-families.ts";
import type { NodePorts } from "./node-ports.ts";
import { hasNodePorts, nodePortsOf, type PlannedNodePorts, planNodePorts } from "./plan-node-ports.ts";
import { PortSet } from "./port-set.ts";

const KIND = { group: "", kind: "Service" };

interface Addresses {
  readonly ip: string | undefined;
  readonly ports: readonly number[];
}

interface Ports {
  readonly clusterIps: ClusterIps;
  readonly nodePorts: NodePorts;
  readonly prng: Prng;
  readonly metrics: Pick<AddressMetrics, "port">;
  readonly logger: Logger;
}

/**
 * Gives Services their cluster IPs and node ports before they are written, and takes back what a write that failed, a change or a deletion
 * leaves. What is lost between two of these steps comes back by the repair.
 */
export class ServiceAddresses implements WriteHook {
  readonly #ports: Ports;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  beforeCreate(object: KubeObject, isDryRun: boolean): Promise<Settle> {
    return this.#allocate(object as V1Service, undefined, isDryRun);
  }

  beforeUpdate(object: KubeObject, old: KubeObject, isDryRun: boolean): Promise<Settle> {
    return this.#allocate(object as V1Service, old as V1Service, isDryRun);
  }

  async afterDelete(object: KubeObject): Promise<void> {
    const { spec } = object as V1Service;
    await this.#release({ ip: ownIp(spec), ports: nodePortsOf(spec) });
  }

  async #allocate(service: V1Service, old: V1Service | undefined, isDryRun: boolean): Promise<Settle> {
    const { spec } = service;
    if (!spec) return undefined;
    const errors = assignIpFamilies(spec, old?.spec);
    if (errors.length > 0) throw invalid(KIND, service.metadata.name, errors);
    const ip = await this.#assignClusterIp(service, old?.spec, isDryRun);
    const taken = { ip, ports: [] as readonly number[] };
    try {
      taken.ports = await this.#assignNodePorts(service, old?.spec, isDryRun);
    } catch (error) {
      if (!isDryRun) await this.#release(taken);
      throw error;
    }
    if (isDryRun) return undefined;
    return (isWritten) => this.#release(isWritten ? givenUp(spec, old?.spec) : taken);
  }

  /** The address that was taken, if one was. */
  async #assignClusterIp(service: V1Service, old: V1ServiceSpec | undefined, isDryRun: boolean) {
    const spec = service.spec as V1ServiceSpec;
    if (spec.type === "ExternalName") {
      delete spec.clusterIPs;
      return undefined;
    }
    const wanted = spec.clusterIP || spec.clusterIPs?.[0] || "";
    const isHeld = wanted === "None" || (wanted !== "" && wanted === ownIp(old));
    const ip = isHeld ? wanted : await this.#takeIp(service, wanted, isDryRun);
    spec.clusterIP = ip;
    spec.clusterIPs = [ip];
    return isHeld ? undefined : ip;
  }

  async #takeIp(service: V1Service, wanted: string, isDryRun: boolean): Promise<string> {
    const { clusterIps } = this.#ports;
    const taken = wanted ? await clusterIps.claim(service, wanted, isDryRun) : await clusterIps.next(service, isDryRun);
    if ("ip" in taken) return taken.ip;
    if (!wanted) throw internal(`failed to allocate a serviceIP: ${taken.refusal}`);
    const text = `failed to allocate IP ${wanted}: ${taken.refusal}`;
    throw invalid(KIND, service.metadata.name, [
      fieldErrors.invalid(FieldPath.of("spec", "clusterIPs"), [wanted], text),
    ]);
  }

  /** The ports that were taken. */
  async #assignNodePorts(service: V1Service, old: V1ServiceSpec | undefined, isDryRun: boolean) {
    const spec = service.spec as V1ServiceSpec;
    if (!hasNodePorts(spec) && !needsHealthCheck(spec)) return [];
    const { nodePorts, prng } = this.#ports;
    // A dry run looks whether what is asked for is in range, and draws the first.
    const planned = isDryRun
      ? planNodePorts(spec, old, new PortSet(nodePorts.range), () => 0)
      : await nodePorts.change((taken) => {
          const outcome = planNodePorts(spec, old, taken, (below) => prng.integer(below));
          if ("taken" in outcome) for (const port of outcome.taken) taken.add(port);
          return outcome;
        });
    if (!isDryRun) this.#count(spec, planned);
    if ("failure" in planned) throw internal(planned.failure);
    if ("invalid" in planned) throw invalid(KIND, service.metadata.name, [planned.invalid]);
    planned.ports.forEach((nodePort, index) => {
      const port = spec.ports?.[index];
      if (port && nodePort !== undefined) port.nodePort = nodePort;
    });
    if (planned.healthCheckNodePort !== undefined) spec.healthCheckNodePort = planned.healthCheckNodePort;
    return planned.taken;
  }

  #count(spec: V1ServiceSpec, planned: PlannedNodePorts): void {
    const { metrics } = this.#ports;
    if ("invalid" in planned) return metrics.port("static", false);
    if ("failure" in planned) return metrics.port("dynamic", false);
    const named = new Set(nodePortsOf(spec));
    for (const port of planned.taken) metrics.port(named.has(port) ? "static" : "dynamic", true);
  }

  async #release({ ip, ports }: Addresses): Promise<void> {
    const { clusterIps, nodePorts, logger } = this.#ports;
    const ended = await Promise.allSettled([ip && clusterIps.release(ip), nodePorts.release(ports)]);
    for (const end of ended)
      if (end.status === "rejected")
        logger.warn({ err: (end.reason as Error).message, ip, ports }, "addresses of a service not given back yet");
  }
}

function ownIp(spec: V1ServiceSpec | undefined): string | undefined {
  return spec?.clusterIP && spec.clusterIP !== "None" ? spec.clusterIP : undefined;
}

/** What the new state does not hold any more. */
function givenUp(spec: V1ServiceSpec, old: V1ServiceSpec | undefined): Addresses {
  const before = ownIp(old);
  const held = new Set(nodePortsOf(spec));
  return {
    ip: before === ownIp(spec) ? undefined : before,
    ports: nodePortsOf(old).filter((port) => !held.has(port)),
  };
}
