import { deepEqual, StatusError } from "@drydock/apimachinery";
import { type Clock, sleep } from "@drydock/base";
import type { ApiClient } from "@drydock/client";
import type { Logger } from "@drydock/component";
import { nodes, type V1Node, type V1NodeStatus } from "@drydock/kube-api";
import type { ContainerRuntime } from "../runtime/runtime.ts";
import { type NodeFacts, type NodeHealth, newNode, nodeLabels, nodeStatus } from "./node-object.ts";

export interface NodeReporterOptions {
  readonly client: ApiClient;
  readonly runtime: ContainerRuntime;
  readonly facts: NodeFacts;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly statusUpdateMs: number;
  health(): Promise<NodeHealth>;
}

/** An unchanged status is sent this often all the same (upstream: nodeStatusReportFrequency). */
const REPORT_EVERY_MS = 5 * 60 * 1000;
const RETRY_MS = 1_000;

/** Registers the node and keeps its status true. */
export class NodeReporter {
  readonly #options: NodeReporterOptions;
  #reportedAtMs = Number.NEGATIVE_INFINITY;
  #wake = () => {};

  constructor(options: NodeReporterOptions) {
    this.#options = options;
  }

  /** Registers, trying until it works, then reports until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const isOk = await this.#pass().then(
        () => true,
        (error: unknown) => {
          this.#options.logger.warn({ err: StatusError.from(error).message }, "node status not updated");
          return false;
        },
      );
      await this.#pause(isOk ? this.#options.statusUpdateMs : RETRY_MS, signal);
    }
  }

  /** Report now: something about the node's health changed. */
  reportSoon(): void {
    this.#reportedAtMs = Number.NEGATIVE_INFINITY;
    this.#wake();
  }

  async #pass(): Promise<void> {
    const { client, facts, runtime, clock } = this.#options;
    const node = await this.#getOrCreate();
    const status = nodeStatus(
      facts,
      await this.#options.health(),
      await runtime.listImages(),
      node.status,
      clock.nowMs(),
    );
    const isDue = clock.monotonicMs() - this.#reportedAtMs >= REPORT_EVERY_MS;
    if (!isDue && deepEqual(withoutHeartbeats(status), withoutHeartbeats(node.status))) return;
    await client.patch(nodes, { name: facts.name }, { status }, "application/merge-patch+json", "status");
    this.#reportedAtMs = clock.monotonicMs();
  }

  async #getOrCreate(): Promise<V1Node> {
    const { client, facts, logger } = this.#options;
    try {
      const node = await client.get(nodes, { name: facts.name });
      return await this.#ensureLabels(node);
    } catch (error) {
      if (StatusError.from(error).code !== 404) throw error;
    }
    const created = await client.create(nodes, newNode(facts));
    logger.info({ node: facts.name }, "registered the node");
    return created;
  }

  async #ensureLabels(node: V1Node): Promise<V1Node> {
    const labels = nodeLabels(this.#options.facts);
    const missing = Object.entries(labels).filter(([key, value]) => node.metadata.labels?.[key] !== value);
    if (missing.length === 0) return node;
    const patch = { metadata: { labels: Object.fromEntries(missing) } };
    return this.#options.client.patch(nodes, { name: node.metadata.name }, patch, "application/merge-patch+json");
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    await Promise.race([sleep(this.#options.clock, ms, signal).catch(() => {}), woken]);
  }
}

function withoutHeartbeats(status: V1NodeStatus | undefined): unknown {
  if (!status) return undefined;
  const { conditions, capacity, allocatable, addresses, nodeInfo, images, daemonEndpoints } = status;
  const bare = (conditions ?? []).map(({ lastHeartbeatTime: _, ...condition }) => condition);
  return { conditions: bare, capacity, allocatable, addresses, nodeInfo, images, daemonEndpoints };
}
