import { endpointChain, externalChain, localServiceChain, serviceChain } from "./chain-names.ts";
import { type Endpoint, type ServicePortInfo, usableEndpoints } from "./service-ports.ts";

export interface RenderOptions {
  readonly nodeName: string;
  readonly clusterCidr: string;
  /** The mark bit of packets to be masqueraded: upstream's default 14. */
  readonly masqueradeMark: string;
  /** Chains of ours that stand in the kernel now: those not needed any more are flushed and deleted. */
  readonly existingChains: readonly string[];
}

/** Rules of one table, gathered before they are written. */
interface Table {
  readonly chains: Set<string>;
  readonly rules: string[];
}

/**
 * The text for one `iptables-restore --noflush`: nat and filter tables with upstream's chains. Pure: the same Services, endpoints
 * and options give the same text.
 */
export function renderRules(ports: readonly ServicePortInfo[], options: RenderOptions): string {
  const nat: Table = {
    chains: new Set(["KUBE-SERVICES", "KUBE-NODEPORTS", "KUBE-POSTROUTING", "KUBE-MARK-MASQ"]),
    rules: [],
  };
  const filter: Table = {
    chains: new Set(["KUBE-SERVICES", "KUBE-EXTERNAL-SERVICES", "KUBE-NODEPORTS", "KUBE-FORWARD"]),
    rules: [],
  };
  addMasquerading(nat, options);
  addForwarding(filter, options);
  for (const port of ports) addServicePort(nat, filter, port, options);
  // Last, so that a Service's own rules come first: anything else that arrives for a local address may be a node port.
  const comment = "kubernetes service nodeports; NOTE: this must be the last rule in this chain";
  nat.rules.push(`-A KUBE-SERVICES -m comment --comment "${comment}" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS`);
  const stale = options.existingChains.filter((chain) => !nat.chains.has(chain));
  return [...renderTable("filter", filter, []), ...renderTable("nat", nat, stale), ""].join("\n");
}

function renderTable(name: string, table: Table, stale: readonly string[]): string[] {
  const declared = [...table.chains, ...stale].map((chain) => `:${chain} - [0:0]`);
  return [`*${name}`, ...declared, ...table.rules, ...stale.map((chain) => `-X ${chain}`), "COMMIT"];
}

function addMasquerading(nat: Table, { masqueradeMark }: RenderOptions): void {
  nat.rules.push(
    `-A KUBE-MARK-MASQ -j MARK --or-mark ${masqueradeMark}`,
    `-A KUBE-POSTROUTING -m mark ! --mark ${masqueradeMark}/${masqueradeMark} -j RETURN`,
    // Cleared, so that the packet is not marked again should it pass here a second time.
    `-A KUBE-POSTROUTING -j MARK --xor-mark ${masqueradeMark}`,
    `-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE`,
  );
}

function addForwarding(filter: Table, { masqueradeMark }: RenderOptions): void {
  filter.rules.push(
    "-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP",
    `-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark ${masqueradeMark}/${masqueradeMark} -j ACCEPT`,
    `-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
  );
}

function addServicePort(nat: Table, filter: Table, port: ServicePortInfo, options: RenderOptions): void {
  const cluster = usableEndpoints(port, "cluster", options.nodeName);
  const local = usableEndpoints(port, "local", options.nodeName);
  const internal = port.isInternalLocal ? local : cluster;
  if (cluster.length > 0) addServiceChain(nat, serviceChain(port.name, port.protocol), port, cluster, options);
  if (local.length > 0 && (port.isInternalLocal || port.isExternalLocal)) {
    addServiceChain(nat, localServiceChain(port.name, port.protocol), port, local, options);
  }
  const usesLocal = port.isInternalLocal || port.isExternalLocal;
  for (const endpoint of new Set([...cluster, ...(usesLocal ? local : [])])) addEndpointChain(nat, port, endpoint);
  addClusterIp(nat, filter, port, internal);
  if (isExposed(port)) addExposure(nat, filter, port, cluster, local, options);
}

function isExposed(port: ServicePortInfo): boolean {
  return port.nodePort > 0 || port.externalIps.length > 0 || port.loadBalancerIps.length > 0;
}

function addClusterIp(nat: Table, filter: Table, port: ServicePortInfo, endpoints: readonly Endpoint[]): void {
  const match = `-d ${port.clusterIp}/32 -p ${protocolMatch(port)} --dport ${port.port}`;
  if (endpoints.length === 0) {
    addReject(filter, "KUBE-SERVICES", port, match);
    return;
  }
  const chain = port.isInternalLocal
    ? localServiceChain(port.name, port.protocol)
    : serviceChain(port.name, port.protocol);
  nat.rules.push(`-A KUBE-SERVICES -m comment --comment "${port.name} cluster IP" ${match} -j ${chain}`);
}

/** Node ports, external addresses and load-balancer addresses: one chain for all ways in from outside. */
function addExposure(
  nat: Table,
  filter: Table,
  port: ServicePortInfo,
  cluster: readonly Endpoint[],
  local: readonly Endpoint[],
  options: RenderOptions,
): void {
  const chain = externalChain(port.name, port.protocol);
  const hasEndpoints = (port.isExternalLocal ? local : cluster).length > 0 || cluster.length > 0;
  const addresses = [...port.externalIps, ...port.loadBalancerIps];
  if (!hasEndpoints) {
    for (const address of addresses)
      addReject(
        filter,
        "KUBE-EXTERNAL-SERVICES",
        port,
        `-d ${address}/32 -p ${protocolMatch(port)} --dport ${port.port}`,
      );
    if (port.nodePort > 0) {
      const match = `-m addrtype --dst-type LOCAL -p ${protocolMatch(port)} --dport ${port.nodePort}`;
      addReject(filter, "KUBE-EXTERNAL-SERVICES", port, match);
    }
    return;
  }
  nat.chains.add(chain);
  addExternalChain(nat, chain, port, local, options);
  for (const address of addresses) {
    const match = `-d ${address}/32 -m comment --comment "${port.name} external IP" -p ${protocolMatch(port)} --dport ${port.port}`;
    nat.rules.push(`-A KUBE-SERVICES ${match} -j ${chain}`);
  }
  if (port.nodePort > 0) {
    nat.rules.push(
      `-A KUBE-NODEPORTS -m comment --comment "${port.name}" -p ${protocolMatch(port)} --dport ${port.nodePort} -j ${chain}`,
    );
  }
}

function addExternalChain(
  nat: Table,
  chain: string,
  port: ServicePortInfo,
  local: readonly Endpoint[],
  options: RenderOptions,
): void {
  const cluster = serviceChain(port.name, port.protocol);
  if (!port.isExternalLocal) {
    const comment = `masquerade traffic for ${port.name} external destinations`;
    nat.rules.push(`-A ${chain} -m comment --comment "${comment}" -j KUBE-MARK-MASQ`, `-A ${chain} -j ${cluster}`);
    return;
  }
  // Pods and the node itself may use every endpoint; traffic from outside only those of this node, with its source address kept.
  nat.rules.push(
    `-A ${chain} -s ${options.clusterCidr} -m comment --comment "pod traffic for ${port.name} external destinations" -j ${cluster}`,
    `-A ${chain} -m comment --comment "masquerade LOCAL traffic for ${port.name} external destinations" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ`,
    `-A ${chain} -m comment --comment "route LOCAL traffic for ${port.name} external destinations" -m addrtype --src-type LOCAL -j ${cluster}`,
  );
  if (local.length > 0) nat.rules.push(`-A ${chain} -j ${localServiceChain(port.name, port.protocol)}`);
}

/** Chooses among endpoints with equal chances; with session affinity, first the one this client used last. */
function addServiceChain(
  nat: Table,
  chain: string,
  port: ServicePortInfo,
  endpoints: readonly Endpoint[],
  options: RenderOptions,
): void {
  nat.chains.add(chain);
  const match = `! -s ${options.clusterCidr} -d ${port.clusterIp}/32 -m comment --comment "${port.name} cluster IP" -p ${protocolMatch(port)} --dport ${port.port}`;
  nat.rules.push(`-A ${chain} ${match} -j KUBE-MARK-MASQ`);
  const targets = endpoints.map((endpoint) => ({
    endpoint,
    chain: endpointChain(port.name, port.protocol, text(endpoint)),
  }));
  if (port.affinitySeconds > 0) {
    for (const { endpoint, chain: target } of targets) {
      const recent = `-m recent --name ${target} --rcheck --seconds ${port.affinitySeconds} --reap --rsource`;
      nat.rules.push(`-A ${chain} -m comment --comment "${port.name} -> ${text(endpoint)}" ${recent} -j ${target}`);
    }
  }
  targets.forEach(({ endpoint, chain: target }, index) => {
    const left = targets.length - index;
    const chance = left > 1 ? ` -m statistic --mode random --probability ${(1 / left).toFixed(10)}` : "";
    nat.rules.push(`-A ${chain} -m comment --comment "${port.name} -> ${text(endpoint)}"${chance} -j ${target}`);
  });
}

function addEndpointChain(nat: Table, port: ServicePortInfo, endpoint: Endpoint): void {
  const chain = endpointChain(port.name, port.protocol, text(endpoint));
  if (nat.chains.has(chain)) return;
  nat.chains.add(chain);
  // A pod that reaches itself through its Service would otherwise answer itself directly.
  nat.rules.push(`-A ${chain} -s ${endpoint.ip}/32 -m comment --comment "${port.name}" -j KUBE-MARK-MASQ`);
  const affinity = port.affinitySeconds > 0 ? ` -m recent --name ${chain} --set --rsource` : "";
  nat.rules.push(
    `-A ${chain} -m comment --comment "${port.name}"${affinity} -p ${protocolMatch(port)} -j DNAT --to-destination ${text(endpoint)}`,
  );
}

function addReject(filter: Table, chain: string, port: ServicePortInfo, match: string): void {
  filter.rules.push(`-A ${chain} -m comment --comment "${port.name} has no endpoints" ${match} -j REJECT`);
}

function protocolMatch({ protocol }: ServicePortInfo): string {
  const name = protocol.toLowerCase();
  return `${name} -m ${name}`;
}

function text(endpoint: Endpoint): string {
  return `${endpoint.ip}:${endpoint.port}`;
}
