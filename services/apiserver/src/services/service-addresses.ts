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
import type { IpFamily } from "./service-range.ts";

const KIND = { group: "", kind: "Service" };

interface Addresses {
  readonly ips: readonly string[];
  readonly ports: readonly number[];
}

interface Ports {
  /** In which Services get addresses, the first by default. */
  readonly families: readonly IpFamily[];
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
    await this.#release({ ips: ownIps(spec), ports: nodePortsOf(spec) });
  }

  async #allocate(service: V1Service, old: V1Service | undefined, isDryRun: boolean): Promise<Settle> {
    const { spec } = service;
    if (!spec) return undefined;
    const errors = assignIpFamilies(spec, old?.spec, this.#ports.families);
    if (errors.length > 0) throw invalid(KIND, service.metadata.name, errors);
    const taken = { ips: [] as string[], ports: [] as readonly number[] };
    try {
      await this.#assignClusterIps(service, old?.spec, taken.ips, isDryRun);
      taken.ports = await this.#assignNodePorts(service, old?.spec, isDryRun);
    } catch (error) {
      if (!isDryRun) await this.#release(taken);
      throw error;
    }
    if (isDryRun) return undefined;
    return (isWritten) => this.#release(isWritten ? givenUp(spec, old?.spec) : taken);
  }

  /** What is taken is told as it is, so that it can be given back. */
  async #assignClusterIps(service: V1Service, old: V1ServiceSpec | undefined, taken: string[], isDryRun: boolean) {
    const spec = service.spec as V1ServiceSpec;
    if (spec.type === "ExternalName") {
      delete spec.clusterIPs;
      return;
    }
    if (spec.clusterIP === "None") {
      spec.clusterIPs = ["None"];
      return;
    }
    const held = new Set(ownIps(old));
    const wanted = spec.clusterIPs ?? [];
    const ips: string[] = [];
    for (const [index, family] of (spec.ipFamilies ?? []).entries()) {
      const ip = wanted[index] ?? "";
      if (ip !== "" && held.has(ip)) ips.push(ip);
      else {
        const got = await this.#takeIp(service, ip, family as IpFamily, isDryRun);
        if (!isDryRun) taken.push(got);
        ips.push(got);
      }
    }
    spec.clusterIPs = ips;
    if (ips[0] !== undefined) spec.clusterIP = ips[0];
  }

  async #takeIp(service: V1Service, wanted: string, family: IpFamily, isDryRun: boolean): Promise<string> {
    const { clusterIps } = this.#ports;
    const taken = wanted
      ? await clusterIps.claim(service, wanted, isDryRun)
      : await clusterIps.next(service, family, isDryRun);
    if ("ip" in taken) return taken.ip;
    if (!wanted) throw internal(`failed to allocate a serviceIP: ${taken.refusal}`);
    const text = `failed to allocate IP ${wanted}: ${taken.refusal}`;
    throw invalid(KIND, service.metadata.name, [
      fieldErrors.invalid(FieldPath.of("spec", "clusterIPs"), service.spec?.clusterIPs, text),
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

  async #release({ ips, ports }: Addresses): Promise<void> {
    const { clusterIps, nodePorts, logger } = this.#ports;
    const ended = await Promise.allSettled([...ips.map((ip) => clusterIps.release(ip)), nodePorts.release(ports)]);
    for (const end of ended)
      if (end.status === "rejected")
        logger.warn({ err: (end.reason as Error).message, ips, ports }, "addresses of a service not given back yet");
  }
}

function ownIps(spec: V1ServiceSpec | undefined): readonly string[] {
  if (!spec || spec.type === "ExternalName") return [];
  return (spec.clusterIPs ?? [spec.clusterIP ?? ""]).filter((ip) => ip !== "None" && ip !== "");
}

/** What the new state does not hold any more. */
function givenUp(spec: V1ServiceSpec, old: V1ServiceSpec | undefined): Addresses {
  const heldIps = new Set(ownIps(spec));
  const heldPorts = new Set(nodePortsOf(spec));
  return {
    ips: ownIps(old).filter((ip) => !heldIps.has(ip)),
    ports: nodePortsOf(old).filter((port) => !heldPorts.has(port)),
  };
}
