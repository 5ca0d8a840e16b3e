import { readFile } from "node:fs/promises";
import type { Clock } from "@drydock/base";
import type { V1Pod } from "@drydock/kube-api";
import { newestSandbox, type RuntimeContainer, type RuntimePod } from "../../runtime/runtime.ts";
import type { PodDirectory } from "../pod-directory.ts";
import { type InterfaceUsage, type MachineUsage, parseInterfaces } from "./machine.ts";
import type { ContainerUsage, NodeUsage, PodUsage } from "./node-usage.ts";

/** What several ask for at a time is looked up once. */
const FRESH_MS = 1_000;
const MACHINE = "";

interface Sample {
  readonly atMs: number;
  readonly cpuNanoSeconds: number;
}

/** Measures the node and its running containers when somebody asks; keeps of the past what rates need. */
export class UsageCollector {
  readonly #directory: PodDirectory;
  readonly #clock: Clock;
  readonly #readMachine: () => Promise<MachineUsage>;
  #samples = new Map<string, Sample>();
  #latest: { readonly atMs: number; readonly usage: Promise<NodeUsage> } | undefined;

  constructor(directory: PodDirectory, clock: Clock, readMachine: () => Promise<MachineUsage>) {
    this.#directory = directory;
    this.#clock = clock;
    this.#readMachine = readMachine;
  }

  collect(): Promise<NodeUsage> {
    const atMs = this.#clock.nowMs();
    if (this.#latest && atMs - this.#latest.atMs < FRESH_MS) return this.#latest.usage;
    const usage = this.#collect(atMs);
    this.#latest = { atMs, usage };
    // A failure is not worth keeping.
    usage.catch(() => {
      this.#latest = undefined;
    });
    return usage;
  }

  async #collect(atMs: number): Promise<NodeUsage> {
    const before = this.#samples;
    const now = new Map<string, Sample>();
    const rate = (key: string, cpuNanoSeconds: number) => {
      now.set(key, { atMs, cpuNanoSeconds });
      const last = before.get(key);
      if (!last || atMs <= last.atMs) return undefined;
      return Math.max(0, Math.round(((cpuNanoSeconds - last.cpuNanoSeconds) * 1000) / (atMs - last.atMs)));
    };
    const [machine, held] = await Promise.all([this.#readMachine(), this.#directory.runtime.listPods()]);
    const heldByUid = new Map(held.map((pod) => [pod.uid, pod]));
    const pods = await Promise.all(
      this.#directory.pods().map((pod) => this.#podUsage(pod, heldByUid.get(pod.metadata.uid ?? ""), atMs, rate)),
    );
    const cpuNanoCores = rate(MACHINE, machine.cpuUsageNanoSeconds);
    this.#samples = now;
    const { nodeName } = this.#directory;
    return { nodeName, atMs, machine, cpuNanoCores, pods: pods.filter((pod) => pod !== undefined) };
  }

  async #podUsage(
    pod: V1Pod,
    held: RuntimePod | undefined,
    atMs: number,
    rate: (key: string, cpuNanoSeconds: number) => number | undefined,
  ): Promise<PodUsage | undefined> {
    const sandbox = newestSandbox(held);
    if (!held || sandbox?.state !== "running") return undefined;
    const running = held.containers.filter(({ state }) => state === "running");
    const [containers, interfaces] = await Promise.all([
      Promise.all(running.map((container) => this.#containerUsage(container, atMs, rate))),
      pod.spec?.hostNetwork ? [] : interfacesOf(sandbox.pid),
    ]);
    const isThere = (usage: ContainerUsage | undefined) => usage !== undefined;
    return { pod, startedAtMs: sandbox.createdAtMs, containers: containers.filter(isThere), interfaces };
  }

  /** Undefined for one that has ended meanwhile. */
  async #containerUsage(
    { id, name, image, startedAtMs }: RuntimeContainer,
    atMs: number,
    rate: (key: string, cpuNanoSeconds: number) => number | undefined,
  ): Promise<ContainerUsage | undefined> {
    const stats = await this.#directory.runtime.stats(id).catch(() => undefined);
    if (!stats) return undefined;
    return { ...stats, id, name, image, startedAtMs, atMs, cpuNanoCores: rate(id, stats.cpuUsageNanoSeconds) };
  }
}

/** Of the network namespace that a process is in; the node shares the host's process ids. */
async function interfacesOf(pid: number): Promise<InterfaceUsage[]> {
  if (pid === 0) return [];
  return parseInterfaces(await readFile(`/proc/${pid}/net/dev`, "utf8").catch(() => ""));
}
