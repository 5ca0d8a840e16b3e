import type { V1Pod } from "@drydock/kube-api";
import type { NodeInfo } from "./node-info.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * A verdict about one node. `unschedulable` may change when the cluster does; `unresolvable` cannot be helped by removing pods
 * from the node. Reasons are upstream's words: people and tools read them.
 */
export type Verdict =
  | { readonly kind: "fits" }
  | { readonly kind: "unschedulable" | "unresolvable"; readonly reasons: readonly string[] };

export const FITS: Verdict = { kind: "fits" };
export const unschedulable = (...reasons: string[]): Verdict => ({ kind: "unschedulable", reasons });
export const unresolvable = (...reasons: string[]): Verdict => ({ kind: "unresolvable", reasons });

/** What a plugin worked out once for a pod, for its own later calls. */
export type CycleState = Map<string, unknown>;

/** Kinds of change that may make a pod schedulable. */
export type ClusterEvent = "node-added" | "node-updated" | "pod-deleted" | "pod-assigned" | "pod-updated";

interface Plugin {
  readonly name: string;
  /** Changes after which a pod that this plugin refused is worth another look. */
  readonly wakesOn?: readonly ClusterEvent[];
}

/** Orders the active queue. There is just one. */
export interface QueueSortPlugin extends Plugin {
  isBefore(a: QueuedPod, b: QueuedPod): boolean;
}

/** Decides whether a pod may enter the active queue at all. */
export interface PreEnqueuePlugin extends Plugin {
  preEnqueue(pod: V1Pod): Verdict;
}

/** Called once a pod, before any node is looked at. A verdict other than `fits` ends the cycle for all nodes. */
export interface PreFilterPlugin extends Plugin {
  preFilter(pod: V1Pod, snapshot: Snapshot, state: CycleState): Verdict;
}

/** Called for each node; the first refusal in plugin order is the node's. Must not change anything. */
export interface FilterPlugin extends Plugin {
  filter(pod: V1Pod, node: NodeInfo, state: CycleState): Verdict;
}

/** Rates the nodes that fit. `normalize` brings the figures to 0…100, more is better; the framework multiplies by the weight. */
export interface ScorePlugin extends Plugin {
  preScore?(pod: V1Pod, nodes: readonly NodeInfo[], snapshot: Snapshot, state: CycleState): void;
  score(pod: V1Pod, node: NodeInfo, state: CycleState): number;
  normalize?(scores: Map<string, number>): void;
}

export interface QueuedPod {
  readonly pod: V1Pod;
  readonly queuedAtMs: number;
  readonly attempts: number;
}

export const MAX_SCORE = 100;
