import type { V1DaemonSet, V1Node, V1Pod, V1Toleration } from "@drydock/kube-api";
import { isPodActive, isPodAvailable } from "../../pods/pod-state.ts";
import { tolerates } from "../node-lifecycle/plan-eviction.ts";
import { nodeOf } from "./controller.ts";

const HASH_LABEL = "controller-revision-hash";

/** Daemons run on nodes in trouble too: somebody must look after them. */
export const daemonTolerations: readonly V1Toleration[] = [
  { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/disk-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/memory-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/pid-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/unschedulable", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoSchedule" },
];

export interface DaemonPlan {
  /** Nodes that lack a pod. */
  readonly create: readonly string[];
  readonly remove: readonly V1Pod[];
  /** Nodes that should have one. */
  readonly eligible: ReadonlySet<string>;
}

/** Which nodes get a pod and which pods go: surplus, misplaced, ended, or (as far as maxUnavailable allows) of an old template. Pure. */
export function planDaemonPods(
  set: V1DaemonSet,
  nodes: readonly V1Node[],
  pods: readonly V1Pod[],
  hash: string,
  nowMs: number,
): DaemonPlan {
  const eligible = new Set(nodes.filter((node) => fits(set, node)).map(({ metadata }) => metadata.name));
  const byNode = new Map<string, V1Pod[]>();
  for (const pod of pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined))
    byNode.set(nodeOf(pod), [...(byNode.get(nodeOf(pod)) ?? []), pod]);
  const remove: V1Pod[] = [];
  const create: string[] = [];
  const old: V1Pod[] = [];
  for (const [node, own] of byNode) {
    if (!eligible.has(node)) {
      remove.push(...own);
      continue;
    }
    const [first, ...surplus] = [...own].sort(
      (a, b) =>
        Number(isPodActive(b)) - Number(isPodActive(a)) ||
        ((a.metadata.creationTimestamp ?? "") < (b.metadata.creationTimestamp ?? "") ? -1 : 1),
    );
    remove.push(...surplus);
    if (first && !isPodActive(first)) remove.push(first);
    else if (first && first.metadata.labels?.[HASH_LABEL] !== hash) old.push(first);
  }
  const ending = new Set(pods.filter(({ metadata }) => metadata.deletionTimestamp !== undefined).map(nodeOf));
  for (const node of eligible) if (!byNode.has(node) && !ending.has(node)) create.push(node);
  return { create, remove: [...remove, ...planReplacements(set, eligible, pods, old, nowMs)], eligible };
}

function planReplacements(
  set: V1DaemonSet,
  eligible: ReadonlySet<string>,
  pods: readonly V1Pod[],
  old: readonly V1Pod[],
  nowMs: number,
): V1Pod[] {
  if (set.spec?.updateStrategy?.type === "OnDelete") return [];
  const limit = set.spec?.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1;
  const allowed = typeof limit === "number" ? limit : Math.ceil((Number.parseInt(limit, 10) * eligible.size) / 100);
  const isUp = (pod: V1Pod) => isPodActive(pod) && isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, nowMs);
  const up = new Set(pods.filter(isUp).map(nodeOf));
  const unavailable = [...eligible].filter((node) => !up.has(node)).length;
  // Old pods that do not serve anyway cost nothing.
  const broken = old.filter((pod) => !isUp(pod));
  return [...broken, ...old.filter(isUp).slice(0, Math.max(0, allowed - unavailable))];
}

function fits({ spec }: V1DaemonSet, node: V1Node): boolean {
  const template = spec?.template?.spec;
  const labels = node.metadata.labels ?? {};
  if (!Object.entries(template?.nodeSelector ?? {}).every(([key, value]) => labels[key] === value)) return false;
  const tolerations = [...(template?.tolerations ?? []), ...daemonTolerations];
  return (node.spec?.taints ?? [])
    .filter(({ effect }) => effect !== "PreferNoSchedule")
    .every((taint) => tolerations.some((toleration) => tolerates(toleration, taint)));
}
