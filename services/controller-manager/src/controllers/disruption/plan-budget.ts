import type {
  IntOrString,
  V1Condition,
  V1Pod,
  V1PodDisruptionBudget,
  V1PodDisruptionBudgetStatus,
} from "@drydock/kube-api";
import { isPodReady } from "../../pods/pod-state.ts";

/** How long an evicted pod may stay before it counts as one that stays. */
const DELETION_TIMEOUT_MS = 2 * 60 * 1000;
const CONDITION = "DisruptionAllowed";

export interface BudgetPlan {
  readonly status: V1PodDisruptionBudgetStatus;
  /** Evicted, and still not being deleted. */
  readonly notDeleted: readonly V1Pod[];
  /** When the next of the evicted should be gone. */
  readonly recheckAfterMs?: number;
}

/** Whether the budget is reckoned by how many pods there should be, not by how many there are. */
export function countsByScale({ spec }: V1PodDisruptionBudget): boolean {
  return spec?.maxUnavailable !== undefined || typeof spec?.minAvailable === "string";
}

/** What the budget allows now, of `pods` (all that it selects) where there should be `expectedPods`. */
export function planBudget(
  budget: V1PodDisruptionBudget,
  pods: readonly V1Pod[],
  expectedPods: number,
  nowMs: number,
): BudgetPlan {
  const alive = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const { disrupted, notDeleted, recheckAfterMs } = sortDisrupted(budget, alive, nowMs);
  const isLeaving = ({ metadata }: V1Pod) =>
    metadata.name in disrupted && Date.parse(disrupted[metadata.name] ?? "") + DELETION_TIMEOUT_MS > nowMs;
  const currentHealthy = alive.filter((pod) => isPodReady(pod) && !isLeaving(pod)).length;
  const desiredHealthy = desiredPods(budget, expectedPods);
  // A budget that selects nothing yet allows nothing: the first pods come before we have looked.
  const disruptionsAllowed = expectedPods > 0 ? Math.max(0, currentHealthy - desiredHealthy) : 0;
  const observedGeneration = budget.metadata.generation ?? 0;
  const status: V1PodDisruptionBudgetStatus = {
    currentHealthy,
    desiredHealthy,
    disruptionsAllowed,
    expectedPods,
    observedGeneration,
    ...(Object.keys(disrupted).length > 0 ? { disruptedPods: disrupted } : {}),
    conditions: withCondition(
      budget,
      disruptionsAllowed > 0
        ? { type: CONDITION, status: "True", reason: "SufficientPods", message: "", observedGeneration }
        : { type: CONDITION, status: "False", reason: "InsufficientPods", message: "", observedGeneration },
      nowMs,
    ),
  };
  return { status, notDeleted, ...(recheckAfterMs === undefined ? {} : { recheckAfterMs }) };
}

/** When nothing can be reckoned nothing is allowed, and the reason is told. */
export function planFailSafe(
  budget: V1PodDisruptionBudget,
  message: string,
  nowMs: number,
): V1PodDisruptionBudgetStatus {
  const { observedGeneration = 0 } = budget.status ?? {};
  const condition = { type: CONDITION, status: "False", reason: "SyncFailed", message, observedGeneration };
  return { ...budget.status, disruptionsAllowed: 0, conditions: withCondition(budget, condition, nowMs) };
}

function desiredPods({ spec }: V1PodDisruptionBudget, expectedPods: number): number {
  if (spec?.maxUnavailable !== undefined)
    return Math.max(0, expectedPods - scaledUp(spec.maxUnavailable, expectedPods));
  return spec?.minAvailable === undefined ? 0 : scaledUp(spec.minAvailable, expectedPods);
}

function scaledUp(value: IntOrString, total: number): number {
  return typeof value === "number" ? value : Math.ceil((Number.parseInt(value, 10) * total) / 100);
}

/** Of the pods that evictions have named: those still expected to go, and those that did not go in time. */
function sortDisrupted({ status }: V1PodDisruptionBudget, alive: readonly V1Pod[], nowMs: number) {
  const disrupted: Record<string, string> = {};
  const notDeleted: V1Pod[] = [];
  const waits: number[] = [];
  for (const pod of alive) {
    const time = status?.disruptedPods?.[pod.metadata.name];
    if (time === undefined) continue;
    const leftMs = Date.parse(time) + DELETION_TIMEOUT_MS - nowMs;
    if (leftMs < 0) {
      notDeleted.push(pod);
    } else {
      disrupted[pod.metadata.name] = time;
      waits.push(leftMs);
    }
  }
  return { disrupted, notDeleted, ...(waits.length > 0 ? { recheckAfterMs: Math.min(...waits) + 1 } : {}) };
}

function withCondition(
  { status }: V1PodDisruptionBudget,
  condition: Omit<V1Condition, "lastTransitionTime">,
  nowMs: number,
): V1Condition[] {
  const list = status?.conditions ?? [];
  const index = list.findIndex(({ type }) => type === condition.type);
  const existing = list[index];
  const isSame = existing?.status === condition.status;
  const lastTransitionTime = isSame ? existing.lastTransitionTime : `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
  const next: V1Condition = { ...condition, lastTransitionTime };
  return existing ? list.with(index, next) : [...list, next];
}
