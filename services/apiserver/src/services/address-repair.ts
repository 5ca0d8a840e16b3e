import type { Logger } from "@drydock/component";
import type { V1IPAddress, V1Service } from "@drydock/kube-api";
import type { Registry, ResourceStore } from "../registry/registry.ts";
import type { AddressMetrics } from "./address-metrics.ts";
import type { ClusterIps } from "./cluster-ips.ts";
import type { NodePorts } from "./node-ports.ts";
import { nodePortsOf } from "./plan-node-ports.ts";
import { planPortNotes } from "./plan-port-notes.ts";
import { planRepair, type Repair } from "./plan-repair.ts";
import { type RepairNote, tellOwner } from "./repair-events.ts";

const REPEAT_MS = 60_000;
const RETRY_MS = 500;
/** So many rounds a node port may be taken without a Service before it is free again. */
const LEAK_ROUNDS = 3;

/** What upstream's figures call what is wrong. */
const ERROR_TYPES: Readonly<Record<Repair["kind"], string>> = {
  create: "repair",
  recreate: "repair",
  report: "duplicate",
  delete: "leak",
};

interface Parts {
  readonly registry: Registry;
  readonly clusterIps: ClusterIps;
  readonly nodePorts: NodePorts;
  readonly logger: Logger;
  readonly metrics: AddressMetrics;
}

/**
 * Brings what is taken in line with what the Services hold, at start and now and then: after crashes between taking and writing, and for
 * stores written before addresses were held this way.
 */
export class AddressRepair {
  readonly #parts: Parts;
  readonly #services: ResourceStore;
  readonly #addresses: ResourceStore;
  readonly #unclaimed = new Map<number, number>();
  #isStopped = false;
  #isDone = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#services = parts.registry.require("", "v1", "services");
    this.#addresses = parts.registry.require("networking.k8s.io", "v1", "ipaddresses");
  }

  /** The first round is over. */
  get isDone(): boolean {
    return this.#isDone;
  }

  start(): void {
    const round = this.repair(Date.now()).then(
      () => {
        this.#isDone = true;
      },
      (error: Error) => this.#parts.logger.warn({ err: error.message }, "addresses of services not repaired yet"),
    );
    void round.then(() => {
      if (!this.#isStopped) this.#timer = setTimeout(() => this.start(), this.#isDone ? REPEAT_MS : RETRY_MS);
    });
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  async repair(nowMs: number): Promise<void> {
    const { feed } = this.#parts.registry.ports;
    await feed.waitFor(await feed.currentRevision());
    const services = [...this.#services.cache.scan()].map(({ object }) => object as V1Service);
    const addresses = [...this.#addresses.cache.scan()].map(({ object }) => object as V1IPAddress);
    for (const repair of planRepair(services, addresses, nowMs)) await this.#execute(repair, nowMs);
    await this.#repairPorts(services, nowMs);
  }

  async #execute(repair: Repair, nowMs: number): Promise<void> {
    const { clusterIps, logger, metrics, registry } = this.#parts;
    logger.warn({ ip: repair.ip }, repair.why);
    metrics.repairedIp(ERROR_TYPES[repair.kind]);
    if (repair.kind !== "delete") {
      const { reason, why: note, service } = repair;
      const about: RepairNote = {
        controller: "ipallocator-repair-controller",
        reason,
        action: "ClusterIPAllocation",
        note,
      };
      await tellOwner(registry, service, about, nowMs);
    }
    if (repair.kind === "delete" || repair.kind === "recreate") await clusterIps.release(repair.ip);
    if (repair.kind === "create" || repair.kind === "recreate") await clusterIps.hold(repair.service, repair.ip);
  }

  /** The Services read may be behind what is taken, never the other way round: so a port is freed only when nobody claims it for a while. */
  async #repairPorts(services: readonly V1Service[], nowMs: number): Promise<void> {
    const { nodePorts, metrics } = this.#parts;
    const claimed = new Set(services.flatMap(({ spec }) => nodePortsOf(spec)));
    const before = await nodePorts.read();
    for (const note of planPortNotes(services, before)) {
      metrics.repairedPort(note.type);
      await tellOwner(this.#parts.registry, note.service, note.about, nowMs);
    }
    const seen = [...before].filter((port) => !claimed.has(port));
    for (const port of this.#unclaimed.keys()) if (!seen.includes(port)) this.#unclaimed.delete(port);
    for (const port of seen) this.#unclaimed.set(port, (this.#unclaimed.get(port) ?? 0) + 1);
    await nodePorts.change((taken) => {
      for (const port of claimed) if (taken.contains(port)) taken.add(port);
      for (const [port, rounds] of this.#unclaimed) if (rounds > LEAK_ROUNDS && !claimed.has(port)) taken.delete(port);
    });
  }
}
