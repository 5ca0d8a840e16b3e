import type { IntOrString, V1Pod, V1StatefulSet } from "@drydock/kube-api";
import { isPodAvailable, isPodReady, isPodTerminal } from "../../pods/pod-state.ts";
import { ordinalOf, revisionOf, startOrdinal } from "./stateful-pod.ts";

export interface StatefulView {
  readonly set: V1StatefulSet;
  /** All pods of the set, ending ones too. */
  readonly pods: readonly V1Pod[];
  /** Names of the revisions that pods have had until now, and that they shall have. */
  readonly currentRevision: string;
  readonly updateRevision: string;
  readonly nowMs: number;
}

export interface Creation {
  readonly ordinal: number;
  readonly revision: string;
}

export interface StatefulPlan {
  readonly create: readonly Creation[];
  readonly delete: readonly V1Pod[];
  /** To be replaced by newer ones; they too are deleted. */
  readonly outdated: readonly V1Pod[];
  /** Pods that are there and stay: their labels and claims are to be as they should. */
  readonly keep: readonly V1Pod[];
  /** Pods whose ordinal is not wanted any more, once nothing else is to be waited for. */
  readonly condemned: readonly V1Pod[];
}

/**
 * In order unless the set may burst: a pod is created when all before it are available, deleted when all that are wanted are, and the
 * highest goes first. Scaling goes before updating; an update begins at the highest ordinal and stops at one that is not healthy.
 */
export function planStatefulSet(view: StatefulView): StatefulPlan {
  const { set, pods } = view;
  const wanted = wantedPods(view);
  const inRange = new Set(wanted.flatMap(({ pod }) => pod ?? []));
  const condemned = pods
    .filter((pod) => ordinalOf(set, pod) !== undefined && !inRange.has(pod))
    .sort((a, b) => (ordinalOf(set, b) ?? 0) - (ordinalOf(set, a) ?? 0));
  const none: StatefulPlan = { create: [], delete: [], outdated: [], keep: [], condemned };
  if (set.metadata.deletionTimestamp) return none;
  const filling = planFilling(view, wanted);
  if (filling.isBlocked) return { ...none, ...filling, condemned: [] };
  const shrinking = planShrinking(view, wanted, condemned);
  const removed = [...filling.delete, ...shrinking.delete];
  if (shrinking.isBlocked) return { ...none, ...filling, delete: removed };
  return { ...none, ...filling, delete: removed, outdated: planUpdate(view, wanted) };
}

interface Wanted extends Creation {
  readonly pod?: V1Pod;
}

function wantedPods(view: StatefulView): Wanted[] {
  const { set, pods } = view;
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(set, pod), pod]));
  const start = startOrdinal(set);
  return Array.from({ length: set.spec?.replicas ?? 1 }, (_, index) => {
    const ordinal = start + index;
    const pod = byOrdinal.get(ordinal);
    const revision = (pod && revisionOf(pod)) ?? newRevision(view, index);
    return { ordinal, revision, ...(pod ? { pod } : {}) };
  });
}

/** Below the partition pods are made anew as they were. */
function newRevision({ set, currentRevision, updateRevision }: StatefulView, index: number): string {
  const { type, rollingUpdate } = set.spec?.updateStrategy ?? {};
  if (type !== "RollingUpdate") return updateRevision;
  const kept = rollingUpdate ? (rollingUpdate.partition ?? 0) : (set.status?.currentReplicas ?? 0);
  return index < kept ? currentRevision : updateRevision;
}

function mayBurst({ spec }: V1StatefulSet): boolean {
  return spec?.podManagementPolicy === "Parallel";
}

function isTerminating({ metadata }: V1Pod): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function isAvailable({ set, nowMs }: StatefulView, pod: V1Pod): boolean {
  return pod.status?.phase === "Running" && isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, nowMs);
}

function isHealthy(view: StatefulView, pod: V1Pod | undefined): boolean {
  return pod !== undefined && isAvailable(view, pod) && !isTerminating(pod);
}

function planFilling(view: StatefulView, wanted: readonly Wanted[]) {
  const create: Creation[] = [];
  const remove: V1Pod[] = [];
  const keep: V1Pod[] = [];
  const plan = { create, delete: remove, keep };
  const inOrder = !mayBurst(view.set);
  for (const { ordinal, revision, pod } of wanted) {
    if (pod && isPodTerminal(pod)) {
      // Whatever it ended with: a member of a set goes on for ever.
      if (!isTerminating(pod)) remove.push(pod);
    } else if (!pod) {
      create.push({ ordinal, revision });
    } else {
      keep.push(pod);
      if (isHealthy(view, pod)) continue;
    }
    if (inOrder) return { ...plan, isBlocked: true };
  }
  return { ...plan, isBlocked: false };
}

function planShrinking(view: StatefulView, wanted: readonly Wanted[], condemned: readonly V1Pod[]) {
  const alive = condemned.filter((pod) => !isTerminating(pod));
  if (mayBurst(view.set)) return { delete: alive, isBlocked: false };
  const [last] = condemned;
  if (!last) return { delete: [], isBlocked: false };
  const isWhole = wanted.every(({ pod }) => isHealthy(view, pod));
  const firstUnhealthy = isWhole ? condemned.findLast((pod) => !isHealthy(view, pod)) : undefined;
  const mayGo = !isTerminating(last) && (isAvailable(view, last) || last === firstUnhealthy);
  return { delete: mayGo ? [last] : [], isBlocked: true };
}

function planUpdate(view: StatefulView, wanted: readonly Wanted[]): V1Pod[] {
  const { set, updateRevision } = view;
  const { type, rollingUpdate } = set.spec?.updateStrategy ?? {};
  if (type === "OnDelete") return [];
  const candidates = wanted.slice(rollingUpdate?.partition ?? 0).reverse();
  const isOutdated = ({ pod, revision }: Wanted) => pod && revision !== updateRevision && !isTerminating(pod);
  if (rollingUpdate?.maxUnavailable === undefined) {
    const next = candidates.find((one) => isOutdated(one) || !isHealthy(view, one.pod));
    return next?.pod && isOutdated(next) ? [next.pod] : [];
  }
  const unavailable = wanted.filter(({ pod }) => !isHealthy(view, pod)).length;
  const room = resolveMaxUnavailable(rollingUpdate.maxUnavailable, wanted.length) - unavailable;
  return candidates
    .filter(isOutdated)
    .slice(0, Math.max(0, room))
    .flatMap(({ pod }) => pod ?? []);
}

function resolveMaxUnavailable(value: IntOrString, total: number): number {
  return Math.max(1, typeof value === "number" ? value : Math.floor((Number.parseInt(value, 10) * total) / 100));
}

/** Whether pods that are ready will become available by waiting. */
export function hasPodsToAwait({ set, pods, nowMs }: StatefulView): boolean {
  const seconds = set.spec?.minReadySeconds ?? 0;
  return seconds > 0 && pods.some((pod) => isPodReady(pod) && !isPodAvailable(pod, seconds, nowMs));
}
