import { StatusError } from "@drydock/apimachinery";
import {
  type ControllerContext,
  defineController,
  defineWatch,
  type EventRecorder,
  type ReconcileResult,
  type Reconciler,
} from "@drydock/client";
import { leases, nodes, pods, type V1Node, type V1Pod } from "@drydock/kube-api";
import { type Disruption, markDisrupted } from "../../pods/mark-disrupted.ts";
import { Heartbeats } from "./heartbeats.ts";
import { planEviction } from "./plan-eviction.ts";
import { planTaints, planUnknownConditions, viewHealth } from "./plan-node-health.ts";

const LEASE_NAMESPACE = "kube-node-lease";
const BY_TAINT: Disruption = {
  reason: "DeletionByTaintManager",
  message: "Taint manager: deleting due to NoExecute taint",
};

export interface NodeLifecycleOptions {
  /** A node silent for longer is unreachable. */
  readonly gracePeriodMs: number;
  readonly monitorMs: number;
}

/** Watches the nodes' heartbeats, taints what fails, and moves pods off by their tolerations. */
export const nodeLifecycle = (options: NodeLifecycleOptions) =>
  defineController({
    name: "node-lifecycle-controller",
    primary: nodes,
    watches: [
      defineWatch({ resource: pods, keysFor: ({ spec }) => (spec?.nodeName ? [spec.nodeName] : []) }),
      defineWatch({
        resource: leases,
        keysFor: ({ metadata }) => (metadata.namespace === LEASE_NAMESPACE ? [metadata.name] : []),
      }),
    ],
    create: (context) => new NodeLifecycle(context, options),
  });

class NodeLifecycle implements Reconciler {
  readonly #context: ControllerContext;
  readonly #options: NodeLifecycleOptions;
  readonly #events: EventRecorder;
  readonly #heartbeats: Heartbeats;

  constructor(context: ControllerContext, options: NodeLifecycleOptions) {
    this.#context = context;
    this.#options = options;
    this.#heartbeats = new Heartbeats(2 * options.monitorMs);
    this.#events = context.recorderFor("node-controller");
  }

  async reconcile(name: string): Promise<ReconcileResult | undefined> {
    const { informers, clock } = this.#context;
    const node = informers.informer(nodes).lister.getByKey(name);
    if (!node) {
      this.#heartbeats.forget(name);
      return undefined;
    }
    const view = viewHealth(node, this.#isSilent(node));
    if (view === "unreachable") await this.#markUnknown(node);
    const tainted = await this.#applyTaints(node, view);
    const bound = informers
      .informer(pods)
      .lister.list()
      .filter(({ spec }) => spec?.nodeName === name);
    if (view !== "ready") await this.#markPodsNotReady(bound);
    const nextMs = await this.#evict(tainted, bound);
    return { requeueAfterMs: Math.min(this.#options.monitorMs, Math.max(100, nextMs - clock.nowMs())) };
  }

  #isSilent(node: V1Node): boolean {
    const { clock, informers } = this.#context;
    const lease = informers.informer(leases).lister.get(LEASE_NAMESPACE, node.metadata.name);
    const ready = node.status?.conditions?.find(({ type }) => type === "Ready");
    const mark = `${lease?.spec?.renewTime} ${ready?.status === "Unknown" ? "" : ready?.lastHeartbeatTime}`;
    return this.#heartbeats.look(node.metadata.name, mark, clock.monotonicMs()) > this.#options.gracePeriodMs;
  }

  async #markUnknown(node: V1Node): Promise<void> {
    const conditions = planUnknownConditions(node, this.#context.clock.nowMs());
    if (!conditions) return;
    const { name, resourceVersion } = node.metadata;
    const patch = { metadata: { resourceVersion }, status: { conditions } };
    await this.#context.client
      .patch(nodes, { name }, patch, "application/merge-patch+json", "status")
      .catch((error: unknown) => {
        // Where this cannot be written, the nodes could not write either.
        if (StatusError.from(error).code >= 500) this.#heartbeats.clear();
        throw error;
      });
    this.#events.event(node, "Normal", "NodeNotReady", `Node ${name} status is now: NodeNotReady`);
    this.#context.logger.warn({ node: name }, "node stopped posting its status");
  }

  async #applyTaints(node: V1Node, view: ReturnType<typeof viewHealth>): Promise<V1Node> {
    const taints = planTaints(node, view, this.#context.clock.nowMs());
    if (!taints) return node;
    const patch = {
      metadata: { resourceVersion: node.metadata.resourceVersion },
      spec: { taints: taints.length > 0 ? taints : null },
    };
    return this.#context.client
      .patch(nodes, { name: node.metadata.name }, patch, "application/merge-patch+json")
      .catch((error: unknown) => {
        if (StatusError.from(error).code === 409) return this.#context.client.get(nodes, { name: node.metadata.name });
        throw error;
      });
  }

  /** Services must not send anybody to a node that does not answer. */
  async #markPodsNotReady(bound: readonly V1Pod[]): Promise<void> {
    for (const pod of bound) {
      const conditions = pod.status?.conditions ?? [];
      const ready = conditions.find(({ type }) => type === "Ready");
      if (ready?.status !== "True") continue;
      const now = `${new Date(this.#context.clock.nowMs()).toISOString().slice(0, 19)}Z`;
      const changed = conditions.map((condition) =>
        condition === ready ? { ...condition, status: "False", lastTransitionTime: now } : condition,
      );
      const { namespace = "", name, uid, resourceVersion } = pod.metadata;
      // Of the pod as it was seen: the list is replaced, and the kubelet may have written meanwhile.
      const patch = { metadata: { uid, resourceVersion }, status: { conditions: changed } };
      await this.#context.client
        .patch(pods, { namespace, name }, patch, "application/merge-patch+json", "status")
        .then(() => this.#events.event(pod, "Warning", "NodeNotReady", "Node is not ready"), ignoreGone);
    }
  }

  /** Returns when the next pod must leave. */
  async #evict(node: V1Node, bound: readonly V1Pod[]): Promise<number> {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const pod of bound) {
      if (pod.metadata.deletionTimestamp) continue;
      const plan = planEviction(pod, node.spec?.taints ?? []);
      if (plan.kind === "stay") continue;
      if (plan.atMs > this.#context.clock.nowMs()) {
        nextMs = Math.min(nextMs, plan.atMs);
        continue;
      }
      const { namespace = "", name, uid = "" } = pod.metadata;
      this.#events.event(pod, "Normal", "TaintManagerEviction", `Marking for deletion Pod ${namespace}/${name}`);
      await markDisrupted(this.#context.client, pod, {
        disruption: BY_TAINT,
        isOver: false,
        nowMs: this.#context.clock.nowMs(),
      }).catch(ignoreGone);
      await this.#context.client.delete(pods, { namespace, name }, { preconditions: { uid } }).catch(ignoreGone);
    }
    return nextMs;
  }
}

function ignoreGone(error: unknown): void {
  const { code } = StatusError.from(error);
  if (code !== 404 && code !== 409) throw error;
}
