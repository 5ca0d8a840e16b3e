import type { Logger } from "@drydock/component";
import type { Registry } from "../registry/registry.ts";
import { AddressRepair } from "./address-repair.ts";
import { ClusterIps } from "./cluster-ips.ts";
import { NodePorts } from "./node-ports.ts";
import type { PortRange } from "./port-set.ts";
import { ServiceAddresses } from "./service-addresses.ts";
import { requireServiceRange } from "./service-range.ts";

interface AddressFlags {
  readonly serviceClusterIpRange: string;
  readonly serviceNodePortRange: string;
}

/** Has Services given their addresses from now on. What it returns keeps the books; it is to be started when the caches are filled. */
export function allocateAddresses(registry: Registry, flags: AddressFlags, logger: Logger): AddressRepair {
  requireServiceRange(flags.serviceClusterIpRange);
  const { storage, prng } = registry.ports;
  const clusterIps = new ClusterIps(registry, prng);
  const nodePorts = new NodePorts(storage, parsePortRange(flags.serviceNodePortRange));
  registry.setHook(
    registry.require("", "v1", "services"),
    new ServiceAddresses({ clusterIps, nodePorts, prng, logger }),
  );
  return new AddressRepair({ registry, clusterIps, nodePorts, logger });
}

function parsePortRange(text: string): PortRange {
  const match = /^(\d+)-(\d+)$/.exec(text);
  if (!match) throw new Error(`--service-node-port-range: "${text}" is not first-last`);
  return { first: Number(match[1]), last: Number(match[2]) };
}
