import type { V1Node, V1Pod } from "@drydock/kube-api";
import { NodeInfo } from "./node-info.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * Nodes with their pods, kept up to date by events. A pod that was decided upon is `assumed` on its node at once, so that the
 * next decision counts it; the binding's own event confirms it, or `forget` takes it back.
 */
export class SchedulerCache {
  readonly #nodes = new Map<string, NodeInfo>();
  /** Node of every pod counted, by uid. */
  readonly #placed = new Map<string, string>();
  /** Pods of nodes that are not known (yet). */
  readonly #waiting = new Map<string, V1Pod>();

  snapshot(): Snapshot {
    return { nodes: [...this.#nodes.values()] };
  }

  setNode(node: V1Node): void {
    const { name } = node.metadata;
    const info = this.#nodes.get(name);
    if (info) {
      info.setNode(node);
      return;
    }
    this.#nodes.set(name, new NodeInfo(node));
    for (const pod of [...this.#waiting.values()]) if (pod.spec?.nodeName === name) this.addPod(pod);
  }

  removeNode(name: string): void {
    const info = this.#nodes.get(name);
    this.#nodes.delete(name);
    for (const pod of info?.pods.values() ?? []) {
      this.#placed.delete(pod.metadata.uid ?? "");
      this.#waiting.set(pod.metadata.uid ?? "", pod);
    }
  }

  /** A pod that is bound (or assumed to be): counted once, wherever it is now. */
  addPod(pod: V1Pod): void {
    const uid = pod.metadata.uid ?? "";
    this.removePod(uid);
    const info = this.#nodes.get(pod.spec?.nodeName ?? "");
    if (!info) {
      this.#waiting.set(uid, pod);
      return;
    }
    info.addPod(pod);
    this.#placed.set(uid, info.name);
  }

  removePod(uid: string): void {
    this.#waiting.delete(uid);
    const node = this.#placed.get(uid);
    if (node === undefined) return;
    this.#placed.delete(uid);
    this.#nodes.get(node)?.removePod(uid);
  }

  assume(pod: V1Pod, nodeName: string): void {
    this.addPod({ ...pod, spec: { ...pod.spec, nodeName } as V1Pod["spec"] });
  }

  forget(uid: string): void {
    this.removePod(uid);
  }
}
