import type { IntOrString, V1DaemonSet, V1Node, V1Pod } from "@drydock/kube-api";
import { isPodAvailable, isPodTerminal } from "../../pods/pod-state.ts";
import { revisionHashLabel } from "./daemon-pod.ts";
import { nodeFits } from "./node-fits.ts";
import { nodeOf } from "./node-of.ts";

export interface DaemonView {
  readonly set: V1DaemonSet;
  readonly nodes: readonly V1Node[];
  /** All pods of the set, ending ones too. */
  readonly pods: readonly V1Pod[];
  /** Of the current template. */
  readonly hash: string;
  readonly nowMs: number;
}

export interface DaemonPlan {
  /** Names of nodes that get a pod. */
  readonly create: readonly string[];
  readonly delete: readonly V1Pod[];
  /** Names of nodes that should have one. */
  readonly wanted: ReadonlySet<string>;
}

/**
 * One pod on every node that fits. Pods go when they are surplus, finished, on a node that is gone or does not fit any more, or of an
 * old template as far as maxUnavailable allows. A node whose pod is still ending gets its successor afterwards.
 */
export function planDaemonPods(view: DaemonView): DaemonPlan {
  const byNode = Map.groupBy(view.pods, nodeOf);
  const create: string[] = [];
  const wanted = new Set<string>();
  const kept: V1Pod[] = [];
  const remove: V1Pod[] = [];
  for (const node of view.nodes) {
    const { shouldRun, mayStay } = nodeFits(view.set, node);
    const own = byNode.get(node.metadata.name) ?? [];
    byNode.delete(node.metadata.name);
    const alive = own.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    if (shouldRun) wanted.add(node.metadata.name);
    if (shouldRun && own.length === 0) create.push(node.metadata.name);
    if (!shouldRun && !mayStay) {
      remove.push(...alive);
      continue;
    }
    remove.push(...alive.filter(isPodTerminal));
    const [oldest, ...surplus] = alive.filter((pod) => !isPodTerminal(pod)).sort(byAge);
    if (oldest) kept.push(oldest);
    remove.push(...surplus);
  }
  for (const pod of [...byNode.values()].flat()) if (!pod.metadata.deletionTimestamp) remove.push(pod);
  return { create, delete: [...remove, ...planUpdate(view, wanted, kept)], wanted };
}

/** Old pods that serve nobody go at once; of the others as many as may be unavailable. */
function planUpdate(view: DaemonView, wanted: ReadonlySet<string>, kept: readonly V1Pod[]): V1Pod[] {
  const { set, hash, nowMs } = view;
  if (set.spec?.updateStrategy?.type === "OnDelete") return [];
  const isUp = (pod: V1Pod) => isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, nowMs);
  const old = kept.filter(({ metadata }) => metadata.labels?.[revisionHashLabel] !== hash);
  const up = kept.filter((pod) => wanted.has(nodeOf(pod)) && isUp(pod)).length;
  const limit = resolveUp(set.spec?.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1, wanted.size);
  const room = Math.max(0, limit - (wanted.size - up));
  return [...old.filter((pod) => !isUp(pod)), ...old.filter(isUp).slice(0, room)];
}

function resolveUp(value: IntOrString, total: number): number {
  const count = typeof value === "number" ? value : Math.ceil((Number.parseInt(value, 10) * total) / 100);
  return Math.max(1, count);
}

function byAge(a: V1Pod, b: V1Pod): number {
  const [aTime, bTime] = [a.metadata.creationTimestamp ?? "", b.metadata.creationTimestamp ?? ""];
  const bound = Number(Boolean(b.spec?.nodeName)) - Number(Boolean(a.spec?.nodeName));
  return bound || (aTime < bTime ? -1 : aTime > bTime ? 1 : a.metadata.name < b.metadata.name ? -1 : 1);
}
