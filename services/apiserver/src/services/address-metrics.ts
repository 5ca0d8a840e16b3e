import { Counter, Gauge, Histogram, type Registry as Metrics } from "prom-client";

/** Of an address: whether it was asked for by name or drawn. */
export type AllocationScope = "static" | "dynamic";

interface RangeUse {
  readonly cidr: string;
  readonly size: number;
  readonly used: number;
}

interface PortUse {
  readonly size: number;
  readonly used: number;
}

/** What is counted of cluster IPs and node ports as they are given out and repaired. */
export interface AddressMetrics {
  ip(cidr: string, scope: AllocationScope, isGiven: boolean, seconds?: number): void;
  port(scope: AllocationScope, isGiven: boolean): void;
  repairedIp(type: string): void;
  repairedPort(type: string): void;
  /** What is looked at when somebody asks. */
  watch(ranges: () => readonly RangeUse[], ports: () => PortUse): void;
}

/** Under upstream's names. */
export function createAddressMetrics(metrics: Metrics): AddressMetrics {
  const registers = [metrics];
  const counter = (name: string, help: string, labelNames: string[]) =>
    new Counter({ name, help, labelNames, registers });
  const ipPrefix = "kube_apiserver_clusterip_allocator_";
  const portPrefix = "kube_apiserver_nodeport_allocator_";
  const ofIp = ["cidr", "scope"];
  const ips = counter(`${ipPrefix}allocation_total`, "Number of Cluster IPs allocations", ofIp);
  const ipErrors = counter(
    `${ipPrefix}allocation_errors_total`,
    "Number of errors trying to allocate Cluster IPs",
    ofIp,
  );
  const ports = counter(`${portPrefix}allocation_total`, "Number of NodePort allocations", ["scope"]);
  const portErrors = counter(`${portPrefix}allocation_errors_total`, "Number of errors trying to allocate NodePort", [
    "scope",
  ]);
  const repairs = (what: string, text: string) =>
    counter(
      `apiserver_${what}_errors_total`,
      `Number of errors detected on ${text} by the repair loop broken down by type of error`,
      ["type"],
    );
  const ipRepairs = repairs("clusterip_repair_ip", "clusterips");
  const portRepairs = repairs("nodeport_repair_port", "ports");
  const seconds = new Histogram({
    name: `${ipPrefix}allocation_duration_seconds`,
    help: "Duration in seconds to allocate a Cluster IP by ServiceCIDR",
    labelNames: ["cidr"],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  return {
    ip(cidr, scope, isGiven, duration) {
      (isGiven ? ips : ipErrors).inc({ cidr, scope });
      if (duration !== undefined) seconds.observe({ cidr }, duration);
    },
    port: (scope, isGiven) => (isGiven ? ports : portErrors).inc({ scope }),
    repairedIp: (type) => ipRepairs.inc({ type }),
    repairedPort: (type) => portRepairs.inc({ type }),
    watch: (rangesNow, portsNow) => registerUse(metrics, rangesNow, portsNow),
  };
}

function registerUse(metrics: Metrics, ranges: () => readonly RangeUse[], ports: () => PortUse): void {
  const registers = [metrics];
  const ipGauge = (name: string, help: string, read: (use: RangeUse) => number) =>
    new Gauge({
      name: `kube_apiserver_clusterip_allocator_${name}`,
      help,
      labelNames: ["cidr"],
      registers,
      collect() {
        this.reset();
        for (const use of ranges()) this.set({ cidr: use.cidr }, read(use));
      },
    });
  const portGauge = (name: string, help: string, read: (use: PortUse) => number) =>
    new Gauge({
      name: `kube_apiserver_nodeport_allocator_${name}`,
      help,
      registers,
      collect() {
        this.set(read(ports()));
      },
    });
  ipGauge("allocated_ips", "Gauge measuring the number of allocated IPs for Services", ({ used }) => used);
  ipGauge("available_ips", "Gauge measuring the number of available IPs for Services", ({ size, used }) => size - used);
  portGauge("allocated_ports", "Gauge measuring the number of allocated NodePorts for Services", ({ used }) => used);
  portGauge(
    "available_ports",
    "Gauge measuring the number of available NodePorts for Services",
    ({ size, used }) => size - used,
  );
}
