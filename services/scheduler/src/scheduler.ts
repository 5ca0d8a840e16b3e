import { deepEqual, StatusError } from "@drydock/apimachinery";
import type { Clock, Prng } from "@drydock/base";
import type { ApiClient, EventRecorder } from "@drydock/client";
import { type Logger, withTrace } from "@drydock/component";
import { pods, type V1Pod } from "@drydock/kube-api";
import type { SchedulerCache } from "./framework/cache.ts";
import { type CycleResult, runCycle, unschedulableMessage } from "./framework/run-cycle.ts";
import type { ClusterEvent, QueuedPod } from "./framework/types.ts";
import { filterPlugins } from "./plugins/index.ts";
import type { SchedulingQueue } from "./queue/scheduling-queue.ts";

export interface SchedulerOptions {
  readonly client: ApiClient;
  readonly cache: SchedulerCache;
  readonly queue: SchedulingQueue;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly logger: Logger;
  onAttempt(result: "scheduled" | "unschedulable" | "error", durationMs: number): void;
}

/** Decides one pod after the other; writes decisions down side by side. */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #binding = new Set<Promise<void>>();

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  /** Until the queue is closed. */
  async run(): Promise<void> {
    const { queue } = this.#options;
    for (let taken = await queue.take(); taken; taken = await queue.take()) {
      const { queued, sequence } = taken;
      await withTrace(undefined, () => this.#scheduleOne(queued, sequence));
    }
    await Promise.all(this.#binding);
  }

  async #scheduleOne(queued: QueuedPod, sequence: number): Promise<void> {
    const { cache, clock, prng, logger, onAttempt } = this.#options;
    const { pod } = queued;
    const startedMs = clock.monotonicMs();
    const result = runCycle(pod, cache.snapshot(), prng);
    logDecision(logger, pod, result);
    if (result.kind === "unschedulable") {
      onAttempt("unschedulable", clock.monotonicMs() - startedMs);
      this.#options.queue.park(queued, wakersOf(result), sequence);
      await this.#reportUnschedulable(pod, unschedulableMessage(result));
      return;
    }
    cache.assume(pod, result.node.name);
    const binding = this.#bind(queued, result.node.name).finally(() => {
      this.#binding.delete(binding);
      onAttempt("scheduled", clock.monotonicMs() - startedMs);
    });
    this.#binding.add(binding);
  }

  async #bind(queued: QueuedPod, nodeName: string): Promise<void> {
    const { client, cache, queue, events, logger, onAttempt } = this.#options;
    const { pod } = queued;
    const { name, namespace = "", uid = "" } = pod.metadata;
    try {
      const body = {
        apiVersion: "v1",
        kind: "Binding",
        metadata: { name, namespace, uid },
        target: { apiVersion: "v1", kind: "Node", name: nodeName },
      };
      await client.createSubresource(pods, { namespace, name }, "binding", body);
      events.event(pod, "Normal", "Scheduled", `Successfully assigned ${namespace}/${name} to ${nodeName}`);
    } catch (error) {
      const status = StatusError.from(error);
      cache.forget(uid);
      onAttempt("error", 0);
      // Gone, or bound by somebody else: nothing left to do.
      if (status.code === 404 || status.code === 409) return;
      logger.warn({ pod: `${namespace}/${name}`, node: nodeName, err: status.message }, "binding failed, trying again");
      queue.retry(queued);
    }
  }

  async #reportUnschedulable(pod: V1Pod, message: string): Promise<void> {
    const { client, events, clock, logger } = this.#options;
    events.event(pod, "Warning", "FailedScheduling", message);
    const old = pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
    const wanted = { type: "PodScheduled", status: "False", reason: "Unschedulable", message };
    if (old && deepEqual({ type: old.type, status: old.status, reason: old.reason, message: old.message }, wanted))
      return;
    const condition = { ...wanted, lastTransitionTime: `${new Date(clock.nowMs()).toISOString().slice(0, 19)}Z` };
    const key = { namespace: pod.metadata.namespace ?? "", name: pod.metadata.name };
    const patch = { metadata: { uid: pod.metadata.uid }, status: { conditions: [condition] } };
    await client.patch(pods, key, patch, "application/strategic-merge-patch+json", "status").catch((error: unknown) => {
      const { code } = StatusError.from(error);
      if (code !== 404 && code !== 409) logger.warn({ pod: key, err: error }, "pod condition not written");
    });
  }
}

/** Whatever may help any of the plugins that refused. */
function wakersOf({ refusals }: Extract<CycleResult, { kind: "unschedulable" }>): Set<ClusterEvent> {
  const names = new Set(refusals.map(({ plugin }) => plugin));
  if (names.size === 0) return new Set<ClusterEvent>(["node-added", "node-updated"]);
  return new Set(filterPlugins.filter(({ name }) => names.has(name)).flatMap(({ wakesOn = [] }) => wakesOn));
}

/** Every decision keeps its reasons, node by node. */
function logDecision(logger: Logger, pod: V1Pod, result: CycleResult): void {
  const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
  if (result.kind === "node")
    logger.debug(
      { pod: name, node: result.node.name, scores: Object.fromEntries(result.scores), refusals: result.refusals },
      "chose a node",
    );
  else logger.debug({ pod: name, refusals: result.refusals }, "no node fits");
}
