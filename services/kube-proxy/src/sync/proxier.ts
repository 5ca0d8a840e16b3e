import { type Clock, sleep } from "@drydock/base";
import type { Lister } from "@drydock/client";
import type { Logger } from "@drydock/component";
import type { V1EndpointSlice, V1Service } from "@drydock/kube-api";
import { isOwnChain } from "../rules/chain-names.ts";
import { type RenderOptions, renderRules } from "../rules/render-rules.ts";
import { collectServicePorts, type ServicePortInfo, usableEndpoints } from "../rules/service-ports.ts";
import type { Iptables } from "./iptables.ts";

export interface ProxierOptions {
  readonly iptables: Iptables;
  readonly services: Lister<V1Service>;
  readonly slices: Lister<V1EndpointSlice>;
  readonly nodeName: string;
  readonly clusterCidr: string;
  /** Between two syncs, however much changes. */
  readonly minSyncMs: number;
  /** A full sync this often repairs what somebody else changed. */
  readonly syncMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  onSync(durationMs: number): void;
}

const RETRY_MS = 1_000;
const MASQUERADE_MARK = "0x4000";

/** The jumps from built-in chains into ours, as upstream places them. */
const JUMPS: readonly { table: string; from: string; to: string; place: "first" | "last"; match: readonly string[] }[] =
  [
    {
      table: "filter",
      from: "INPUT",
      to: "KUBE-EXTERNAL-SERVICES",
      place: "first",
      match: ["-m", "conntrack", "--ctstate", "NEW"],
    },
    {
      table: "filter",
      from: "FORWARD",
      to: "KUBE-EXTERNAL-SERVICES",
      place: "first",
      match: ["-m", "conntrack", "--ctstate", "NEW"],
    },
    {
      table: "filter",
      from: "FORWARD",
      to: "KUBE-SERVICES",
      place: "first",
      match: ["-m", "conntrack", "--ctstate", "NEW"],
    },
    {
      table: "filter",
      from: "OUTPUT",
      to: "KUBE-SERVICES",
      place: "first",
      match: ["-m", "conntrack", "--ctstate", "NEW"],
    },
    { table: "filter", from: "INPUT", to: "KUBE-NODEPORTS", place: "first", match: [] },
    { table: "filter", from: "FORWARD", to: "KUBE-FORWARD", place: "first", match: [] },
    { table: "nat", from: "PREROUTING", to: "KUBE-SERVICES", place: "first", match: [] },
    { table: "nat", from: "OUTPUT", to: "KUBE-SERVICES", place: "first", match: [] },
    { table: "nat", from: "POSTROUTING", to: "KUBE-POSTROUTING", place: "first", match: [] },
  ];

/** Turns Services and endpoints into kernel rules, one restore a change (changes that come together share one). */
export class Proxier {
  readonly #options: ProxierOptions;
  #isDirty = true;
  #lastSyncMs = Number.NEGATIVE_INFINITY;
  #lastFullMs = Number.NEGATIVE_INFINITY;
  #lastText = "";
  #udp = new Map<string, ReadonlySet<string>>();
  #wake = () => {};

  constructor(options: ProxierOptions) {
    this.#options = options;
  }

  changed(): void {
    this.#isDirty = true;
    this.#wake();
  }

  /** Milliseconds since the last successful sync. */
  get staleMs(): number {
    return this.#options.clock.monotonicMs() - this.#lastSyncMs;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger, minSyncMs, syncMs } = this.#options;
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      const untilFullMs = this.#lastFullMs + syncMs - clock.monotonicMs();
      const isFull = untilFullMs <= 0;
      if (!this.#isDirty && !isFull) {
        await Promise.race([woken, sleep(clock, untilFullMs, signal).catch(() => {})]);
        continue;
      }
      this.#isDirty = false;
      try {
        await this.#sync(isFull);
        await sleep(clock, minSyncMs, signal).catch(() => {});
      } catch (error) {
        this.#isDirty = true;
        this.#lastText = "";
        logger.error({ err: (error as Error).message }, "rules not synced, trying again");
        await sleep(clock, RETRY_MS, signal).catch(() => {});
      }
    }
  }

  async #sync(isFull: boolean): Promise<void> {
    const { clock, iptables, logger, nodeName, clusterCidr } = this.#options;
    const startedMs = clock.monotonicMs();
    const ports = collectServicePorts(this.#options.services.list(), this.#options.slices.list());
    const existingChains = (await iptables.chains("nat")).filter(isOwnChain);
    const options: RenderOptions = { nodeName, clusterCidr, masqueradeMark: MASQUERADE_MARK, existingChains };
    const text = renderRules(ports, options);
    if (isFull || this.#lastText === "") await this.#ensureJumps();
    if (isFull || text !== this.#lastText) {
      await iptables.restore(text);
      this.#lastText = text;
      const durationMs = clock.monotonicMs() - startedMs;
      this.#options.onSync(durationMs);
      logger.info({ ports: ports.length, durationMs: Math.round(durationMs), full: isFull }, "rules synced");
    }
    await this.#clearStaleUdp(ports);
    this.#lastSyncMs = clock.monotonicMs();
    if (isFull) this.#lastFullMs = this.#lastSyncMs;
  }

  async #ensureJumps(): Promise<void> {
    const { iptables } = this.#options;
    for (const { table, from, to, place, match } of JUMPS) {
      await iptables.ensureChain(table, to);
      await iptables.ensureJump(table, from, place, [...match, "-j", to]);
    }
  }

  /** Each packet of a UDP "connection" keeps its entry alive, also one that leads to a backend that is gone, or to none. */
  async #clearStaleUdp(ports: readonly ServicePortInfo[]): Promise<void> {
    const now = new Map<string, ReadonlySet<string>>();
    for (const port of ports.filter(({ protocol }) => protocol === "UDP")) {
      const backends = new Set(
        usableEndpoints(port, "cluster", this.#options.nodeName).map(({ ip, port: target }) => `${ip}:${target}`),
      );
      const key = `${port.clusterIp} ${port.port}`;
      now.set(key, backends);
      const before = this.#udp.get(key);
      const hasLost = before !== undefined && [...before].some((backend) => !backends.has(backend));
      const isFirst = (before === undefined || before.size === 0) && backends.size > 0;
      if (hasLost || isFirst) await this.#options.iptables.clearUdp(port.clusterIp, port.port);
    }
    this.#udp = now;
  }
}
