import type { Logger } from "@drydock/component";
import type { Registry as Metrics } from "prom-client";
import type { Registry } from "../registry/registry.ts";
import { createAddressMetrics } from "./address-metrics.ts";
import { AddressRepair } from "./address-repair.ts";
import { ClusterIps } from "./cluster-ips.ts";
import { NodePorts } from "./node-ports.ts";
import type { PortRange } from "./port-set.ts";
import { ServiceAddresses } from "./service-addresses.ts";
import { requireServiceRanges } from "./service-range.ts";

interface AddressFlags {
  readonly serviceClusterIpRange: string;
  readonly serviceNodePortRange: string;
}

interface AllocationParts {
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Has Services given their addresses from now on. What it returns keeps the books; it is to be started when the caches are filled. */
export function allocateAddresses(
  registry: Registry,
  flags: AddressFlags,
  { logger, metrics: figures }: AllocationParts,
): AddressRepair {
  const families = requireServiceRanges(flags.serviceClusterIpRange).map(({ family }) => family);
  const { storage, prng } = registry.ports;
  const metrics = createAddressMetrics(figures);
  const clusterIps = new ClusterIps(registry, prng, metrics);
  const nodePorts = new NodePorts(storage, parsePortRange(flags.serviceNodePortRange));
  metrics.watch(
    () => clusterIps.use(),
    () => nodePorts.use,
  );
  registry.setHook(
    registry.require("", "v1", "services"),
    new ServiceAddresses({ families, clusterIps, nodePorts, prng, metrics, logger }),
  );
  return new AddressRepair({ registry, clusterIps, nodePorts, logger, metrics });
}

function parsePortRange(text: string): PortRange {
  const match = /^(\d+)-(\d+)$/.exec(text);
  if (!match) throw new Error(`--service-node-port-range: "${text}" is not first-last`);
  return { first: Number(match[1]), last: Number(match[2]) };
}
