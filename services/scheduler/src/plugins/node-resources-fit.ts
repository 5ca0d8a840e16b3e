import { type NodeInfo, podRequests, podRequestsForScore } from "../framework/node-info.ts";
import { FITS, type FilterPlugin, MAX_SCORE, type ScorePlugin, unschedulable } from "../framework/types.ts";

const SCORED = ["cpu", "memory"] as const;

export const nodeResourcesFit = {
  name: "NodeResourcesFit",
  wakesOn: ["node-added", "node-updated", "pod-deleted", "pod-updated"],
  filter(pod, node) {
    const reasons: string[] = [];
    const maxPods = node.allocatable.get("pods") ?? 0;
    if (node.pods.size + 1 > maxPods) reasons.push("Too many pods");
    for (const [name, amount] of podRequests(pod)) {
      if (amount > 0 && amount > (node.allocatable.get(name) ?? 0) - (node.requested.get(name) ?? 0))
        reasons.push(`Insufficient ${name}`);
    }
    return reasons.length === 0 ? FITS : unschedulable(...reasons);
  },
  /** LeastAllocated: the emptier the node would still be, the better. */
  score(pod, node) {
    const fractions = usedFractions(pod, node).map((used) => Math.max(0, 1 - used));
    return fractions.length === 0 ? 0 : (fractions.reduce((sum, free) => sum + free, 0) / fractions.length) * MAX_SCORE;
  },
} satisfies FilterPlugin & ScorePlugin;

/** What part of cpu and memory would be asked for with this pod on the node; containers that ask for nothing count with defaults. */
export function usedFractions(pod: Parameters<typeof podRequests>[0], node: NodeInfo): number[] {
  return SCORED.flatMap((name) => {
    const allocatable = node.allocatable.get(name) ?? 0;
    if (allocatable === 0) return [];
    const others = [...node.pods.values()].reduce((sum, other) => sum + (podRequestsForScore(other).get(name) ?? 0), 0);
    return [(others + (podRequestsForScore(pod).get(name) ?? 0)) / allocatable];
  });
}
