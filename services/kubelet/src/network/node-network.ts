import { type Cidr, formatIp, parseCidr } from "./cidr.ts";
import type { RunCommand } from "./command.ts";

export const BRIDGE = "cbr0";
/** Loses to every real route: reached only when no node claims the pod's range. */
const BACKSTOP_METRIC = 9999;

export interface NodeNetworkOptions {
  readonly podCidr: string;
  readonly clusterCidr: string;
  readonly serviceCidr: string;
  readonly nodeIp: string;
  readonly run: RunCommand;
}

/** Another node's pods and where they are reached. */
export interface PeerRoute {
  readonly podCidr: string;
  readonly nodeIp: string;
}

/**
 * The part of a node's network that does not depend on its pods: the bridge, the two backstops that keep packets for pods and
 * Services from leaking out through the default route, masquerading of what leaves the cluster, and routes to the other nodes.
 * Every method is idempotent and may be called at any time; the backstops come first.
 */
export class NodeNetwork {
  readonly #options: NodeNetworkOptions;
  readonly #pods: Cidr;
  #installedPeers = new Map<string, string>();

  constructor(options: NodeNetworkOptions) {
    this.#options = options;
    this.#pods = parseCidr(options.podCidr);
  }

  get bridgeIp(): string {
    return formatIp(this.#pods.base + 1);
  }

  async ensureBackstops(): Promise<void> {
    const { clusterCidr, serviceCidr, run } = this.#options;
    await run("ip", ["route", "replace", "unreachable", clusterCidr, "metric", String(BACKSTOP_METRIC)]);
    await this.#ensureChain("filter", "KUBE-UNALLOC", [
      ["-d", serviceCidr, "-m", "conntrack", "--ctstate", "NEW", "-j", "REJECT"],
    ]);
    await this.#ensureJump("filter", "FORWARD", ["-j", "KUBE-UNALLOC"], "append");
    await this.#ensureJump("filter", "OUTPUT", ["-j", "KUBE-UNALLOC"], "append");
  }

  async ensureBridge(): Promise<void> {
    const { run, podCidr, clusterCidr } = this.#options;
    const exists = await run("ip", ["link", "show", BRIDGE]).then(
      () => true,
      () => false,
    );
    if (!exists) await run("ip", ["link", "add", BRIDGE, "type", "bridge"]);
    const mtu = await this.#uplinkMtu();
    await run("ip", ["link", "set", BRIDGE, "address", macFor(this.bridgeIp), "mtu", mtu]);
    await run("ip", ["addr", "replace", `${this.bridgeIp}/${this.#pods.prefixLength}`, "dev", BRIDGE]);
    await run("ip", ["link", "set", BRIDGE, "up"]);
    await this.#ensureChain("nat", "KUBE-EGRESS", [["-s", podCidr, "!", "-d", clusterCidr, "-j", "MASQUERADE"]]);
    await this.#ensureJump("nat", "POSTROUTING", ["-j", "KUBE-EGRESS"], "append");
    await this.#ensureJump("filter", "FORWARD", ["-s", clusterCidr, "-j", "ACCEPT"], "insert");
    await this.#ensureJump("filter", "FORWARD", ["-d", clusterCidr, "-j", "ACCEPT"], "insert");
  }

  /** Makes the routes to other nodes these and no others; also puts back what a reconnected interface lost. */
  async syncPeers(peers: readonly PeerRoute[]): Promise<void> {
    const wanted = new Map(peers.map((peer) => [peer.podCidr, peer.nodeIp]));
    for (const podCidr of this.#installedPeers.keys()) {
      if (!wanted.has(podCidr)) await this.#options.run("ip", ["route", "del", podCidr]).catch(() => {});
    }
    for (const [podCidr, nodeIp] of wanted) await this.#options.run("ip", ["route", "replace", podCidr, "via", nodeIp]);
    this.#installedPeers = wanted;
  }

  /** The interface that carries the node's address; Docker may name it anything after a reconnect. */
  async #uplinkMtu(): Promise<string> {
    const links = JSON.parse(await this.#options.run("ip", ["-json", "addr", "show"])) as {
      mtu: number;
      addr_info: { local?: string }[];
    }[];
    const uplink = links.find((link) => link.addr_info.some((address) => address.local === this.#options.nodeIp));
    return String(uplink?.mtu ?? 1500);
  }

  async #ensureChain(table: string, chain: string, rules: readonly (readonly string[])[]): Promise<void> {
    const { run } = this.#options;
    await run("iptables", ["-w", "-t", table, "-N", chain]).catch(() => {});
    for (const rule of rules) await this.#ensureJump(table, chain, rule, "append");
  }

  async #ensureJump(table: string, chain: string, rule: readonly string[], place: "append" | "insert"): Promise<void> {
    const { run } = this.#options;
    const exists = await run("iptables", ["-w", "-t", table, "-C", chain, ...rule]).then(
      () => true,
      () => false,
    );
    if (!exists) await run("iptables", ["-w", "-t", table, place === "append" ? "-A" : "-I", chain, ...rule]);
  }
}

/** A locally administered MAC made of the address: stable, and readable in a capture. */
export function macFor(ip: string): string {
  return `0a:58:${ip
    .split(".")
    .map((part) => Number(part).toString(16).padStart(2, "0"))
    .join(":")}`;
}
