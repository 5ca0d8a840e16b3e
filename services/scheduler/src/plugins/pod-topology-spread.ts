import { type LabelSelector, labelSelectorFromObject, type Selector } from "@drydock/apimachinery";
import type { V1Pod, V1TopologySpreadConstraint } from "@drydock/kube-api";
import type { NodeInfo } from "../framework/node-info.ts";
import type { Snapshot } from "../framework/snapshot.ts";
import {
  type CycleState,
  FITS,
  type FilterPlugin,
  MAX_SCORE,
  type PreFilterPlugin,
  type ScorePlugin,
  unresolvable,
  unschedulable,
} from "../framework/types.ts";
import { nodeAffinity } from "./node-affinity.ts";

interface Constraint {
  readonly maxSkew: number;
  readonly topologyKey: string;
  readonly selector: Selector;
  readonly minDomains: number;
}

interface Spread {
  readonly constraint: Constraint;
  /** Matching pods in each domain that the pod could go to. */
  readonly counts: ReadonlyMap<string, number>;
}

const HARD = "pod-topology-spread/hard";
const SOFT = "pod-topology-spread/soft";
/** Upstream's default constraints for pods that belong to a controller and bring none. */
const DEFAULTS: readonly { maxSkew: number; topologyKey: string }[] = [
  { maxSkew: 3, topologyKey: "kubernetes.io/hostname" },
  { maxSkew: 5, topologyKey: "topology.kubernetes.io/zone" },
];

export const podTopologySpread = {
  name: "PodTopologySpread",
  wakesOn: ["node-added", "node-updated", "pod-deleted", "pod-assigned"],
  preFilter(pod, snapshot, state) {
    state.set(
      HARD,
      constraintsOf(pod, "DoNotSchedule").map((constraint) => spreadOf(pod, constraint, snapshot)),
    );
    return FITS;
  },
  filter(pod, { node }, state) {
    for (const { constraint, counts } of state.get(HARD) as readonly Spread[]) {
      const domain = node.metadata.labels?.[constraint.topologyKey];
      if (domain === undefined)
        return unresolvable("node(s) didn't match pod topology spread constraints (missing required label)");
      const least = counts.size < constraint.minDomains ? 0 : Math.min(...counts.values());
      const self = constraint.selector.matches(pod.metadata.labels ?? {}) ? 1 : 0;
      if ((counts.get(domain) ?? 0) + self - least > constraint.maxSkew)
        return unschedulable("node(s) didn't match pod topology spread constraints");
    }
    return FITS;
  },
  preScore(pod, nodes, _snapshot, state) {
    const own = constraintsOf(pod, "ScheduleAnyway");
    const constraints =
      own.length > 0 || (pod.spec?.topologySpreadConstraints ?? []).length > 0 ? own : defaultConstraints(pod);
    state.set(
      SOFT,
      constraints.map((constraint) => spreadOf(pod, constraint, { nodes })),
    );
  },
  score(_pod, { node }, state) {
    let total = 0;
    for (const { constraint, counts } of state.get(SOFT) as readonly Spread[]) {
      const count = counts.get(node.metadata.labels?.[constraint.topologyKey] ?? "");
      // Weighed by the number of domains: a skew among few is worse (upstream's topologyNormalizingWeight).
      if (count !== undefined) total += count * Math.log(counts.size + 2) + (constraint.maxSkew - 1);
    }
    return total;
  },
  normalize(scores) {
    const values = [...scores.values()];
    const max = Math.max(...values);
    const min = Math.min(...values);
    for (const [node, score] of scores)
      scores.set(node, max === 0 ? MAX_SCORE : (MAX_SCORE * (max + min - score)) / max);
  },
} satisfies PreFilterPlugin & FilterPlugin & ScorePlugin;

function constraintsOf({ spec, metadata }: V1Pod, when: V1TopologySpreadConstraint["whenUnsatisfiable"]): Constraint[] {
  return (spec?.topologySpreadConstraints ?? [])
    .filter(({ whenUnsatisfiable }) => whenUnsatisfiable === when)
    .map(({ maxSkew, topologyKey, labelSelector, matchLabelKeys = [], minDomains = 1 }) => {
      const extra = Object.fromEntries(
        matchLabelKeys.flatMap((key) => (metadata.labels?.[key] === undefined ? [] : [[key, metadata.labels[key]]])),
      );
      const selector = {
        ...(labelSelector as LabelSelector | undefined),
        matchLabels: { ...labelSelector?.matchLabels, ...extra },
      };
      return { maxSkew, topologyKey, minDomains, selector: labelSelectorFromObject(selector) };
    });
}

/** Siblings are recognised by the labels they share with this pod (upstream asks the pod's Services and controllers for their selectors). */
function defaultConstraints({ metadata }: V1Pod): Constraint[] {
  const labels = metadata.labels ?? {};
  if (Object.keys(labels).length === 0 || !metadata.ownerReferences?.some(({ controller }) => controller)) return [];
  const selector = labelSelectorFromObject({ matchLabels: labels });
  return DEFAULTS.map((constraint) => ({ ...constraint, minDomains: 1, selector }));
}

function spreadOf(pod: V1Pod, constraint: Constraint, snapshot: Snapshot): Spread {
  const counts = new Map<string, number>();
  const state: CycleState = new Map();
  for (const node of snapshot.nodes) {
    const domain = node.node.metadata.labels?.[constraint.topologyKey];
    if (
      domain === undefined ||
      (nodeAffinity.filter as (pod: V1Pod, node: NodeInfo, state: CycleState) => { kind: string })(pod, node, state)
        .kind !== "fits"
    )
      continue;
    counts.set(domain, (counts.get(domain) ?? 0) + matching(node, pod, constraint));
  }
  return { constraint, counts };
}

function matching(node: NodeInfo, pod: V1Pod, { selector }: Constraint): number {
  let count = 0;
  for (const other of node.pods.values()) {
    const isSibling =
      other.metadata.namespace === pod.metadata.namespace && other.metadata.deletionTimestamp === undefined;
    if (isSibling && selector.matches(other.metadata.labels ?? {})) count++;
  }
  return count;
}
