import type { Prng } from "@drydock/base";
import type { V1Pod } from "@drydock/kube-api";
import { filterPlugins, preFilterPlugins, scorePlugins } from "../plugins/index.ts";
import type { NodeInfo } from "./node-info.ts";
import type { Snapshot } from "./snapshot.ts";
import type { CycleState, Verdict } from "./types.ts";

/** Why one node was refused, and by which plugin. */
export interface Refusal {
  readonly node: string;
  readonly plugin: string;
  readonly reasons: readonly string[];
}

export type CycleResult =
  | {
      readonly kind: "node";
      readonly node: NodeInfo;
      readonly scores: ReadonlyMap<string, number>;
      readonly refusals: readonly Refusal[];
    }
  | { readonly kind: "unschedulable"; readonly refusals: readonly Refusal[]; readonly nodeCount: number };

/** The decision for one pod: filter, score, choose at random among the best. Pure but for the prng. */
export function runCycle(pod: V1Pod, snapshot: Snapshot, prng: Prng): CycleResult {
  const state: CycleState = new Map();
  const refusals: Refusal[] = [];
  for (const plugin of preFilterPlugins) {
    const verdict = plugin.preFilter(pod, snapshot, state);
    if (verdict.kind === "fits") continue;
    const all = snapshot.nodes.map((node) => ({ node: node.name, plugin: plugin.name, reasons: verdict.reasons }));
    return { kind: "unschedulable", refusals: all, nodeCount: snapshot.nodes.length };
  }
  const feasible = snapshot.nodes.filter((node) => {
    const refusal = refuse(pod, node, state);
    if (refusal) refusals.push(refusal);
    return !refusal;
  });
  if (feasible.length === 0) return { kind: "unschedulable", refusals, nodeCount: snapshot.nodes.length };
  const scores = score(pod, feasible, snapshot, state);
  const best = Math.max(...scores.values());
  const winners = feasible.filter((node) => scores.get(node.name) === best);
  return { kind: "node", node: winners[prng.integer(winners.length)] as NodeInfo, scores, refusals };
}

function refuse(pod: V1Pod, node: NodeInfo, state: CycleState): Refusal | undefined {
  for (const plugin of filterPlugins) {
    const verdict: Verdict = plugin.filter(pod, node, state);
    if (verdict.kind !== "fits") return { node: node.name, plugin: plugin.name, reasons: verdict.reasons };
  }
  return undefined;
}

function score(pod: V1Pod, nodes: readonly NodeInfo[], snapshot: Snapshot, state: CycleState): Map<string, number> {
  const totals = new Map(nodes.map((node) => [node.name, 0]));
  for (const { plugin, weight } of scorePlugins) {
    plugin.preScore?.(pod, nodes, snapshot, state);
    const scores = new Map(nodes.map((node) => [node.name, plugin.score(pod, node, state)]));
    plugin.normalize?.(scores);
    for (const [name, value] of scores) totals.set(name, (totals.get(name) ?? 0) + Math.floor(value) * weight);
  }
  return totals;
}

/** Upstream's sentence: `0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu. preemption: …`. */
export function unschedulableMessage({ refusals, nodeCount }: Extract<CycleResult, { kind: "unschedulable" }>): string {
  const counts = new Map<string, number>();
  for (const { reasons } of refusals) for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const head = `0/${nodeCount} nodes are available`;
  if (nodeCount === 0) return "no nodes available to schedule pods";
  const texts = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  return `${head}: ${texts.join(", ")}. ${preemptionMessage(refusals, nodeCount)}`;
}

/** Which nodes ending other pods could not help, and on which there was nobody to end. */
function preemptionMessage(refusals: readonly Refusal[], nodeCount: number): string {
  const helpable = new Set(["NodeResourcesFit", "NodePorts", "PodTopologySpread"]);
  const noVictims = refusals.filter(({ plugin }) => helpable.has(plugin)).length;
  const notHelpful = nodeCount - noVictims;
  const parts = [
    ...(noVictims > 0 ? [`${noVictims} No preemption victims found for incoming pod`] : []),
    ...(notHelpful > 0 ? [`${notHelpful} Preemption is not helpful for scheduling`] : []),
  ].sort();
  return `preemption: 0/${nodeCount} nodes are available: ${parts.join(", ")}.`;
}
