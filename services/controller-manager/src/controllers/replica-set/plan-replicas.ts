import type { V1Pod } from "@drydock/kube-api";
import { rankForDeletion } from "../../pods/rank-for-deletion.ts";

/** Most pods created or deleted in one pass. */
const BURST_REPLICAS = 500;

export interface ReplicaPlan {
  readonly create: number;
  readonly delete: readonly V1Pod[];
}

export interface ReplicaView {
  readonly desired: number;
  /** The owner's active pods. */
  readonly pods: readonly V1Pod[];
  /** Active pods of the owner and its siblings (the other ReplicaSets of its Deployment): crowded nodes are thinned first. */
  readonly related: readonly V1Pod[];
  readonly nowMs: number;
}

export function planReplicas(view: ReplicaView): ReplicaPlan {
  const missing = view.desired - view.pods.length;
  if (missing >= 0) return { create: Math.min(missing, BURST_REPLICAS), delete: [] };
  const perNode = new Map<string, number>();
  for (const { spec } of view.related) {
    if (spec?.nodeName) perNode.set(spec.nodeName, (perNode.get(spec.nodeName) ?? 0) + 1);
  }
  const ranked = rankForDeletion(view.pods, (pod) => perNode.get(pod.spec?.nodeName ?? "") ?? 0, view.nowMs);
  return { create: 0, delete: ranked.slice(0, Math.min(-missing, BURST_REPLICAS)) };
}
