import { forbidden, labelSelectorFromObject, StatusError, tooManyRequests } from "@drydock/apimachinery";
import type { V1Pod, V1PodDisruptionBudget } from "@drydock/kube-api";
import { loopbackUser } from "../authentication/user-info.ts";
import type { CallContext } from "../registry/call.ts";
import { timestamp } from "../registry/object-meta.ts";
import { keyPrefixOf, type Registry } from "../registry/registry.ts";
import { update } from "../verbs/update.ts";

const DISRUPTED_PODS_MAX = 2000;
const RETRY_SECONDS = 10;
const REFUSAL = "Cannot evict pod as it would violate the pod's disruption budget.";

function storeOf(registry: Registry) {
  return registry.require("policy", "v1", "poddisruptionbudgets");
}

/** The budgets that a pod counts in: an empty selector selects every pod, none selects none. */
export function budgetsOf(registry: Registry, pod: V1Pod): V1PodDisruptionBudget[] {
  const store = storeOf(registry);
  const all = [...store.cache.scan(keyPrefixOf(store.definition, pod.metadata.namespace ?? ""))];
  return all
    .map(({ object }) => object as V1PodDisruptionBudget)
    .filter(({ spec }) => labelSelectorFromObject(spec?.selector).matches(pod.metadata.labels));
}

/** A pod that is not ready takes nothing from the healthy ones: it may go if its budget is met, or if the budget says so. */
export function maySkipBudget(pod: V1Pod, { spec, status }: V1PodDisruptionBudget): boolean {
  const isReady = pod.status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True");
  if (isReady) return false;
  if (spec?.unhealthyPodEvictionPolicy === "AlwaysAllow") return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
  return currentHealthy >= desiredHealthy && desiredHealthy > 0;
}

/** Takes one of the allowed disruptions, and notes the pod, so that it is not counted as available until it is gone. */
export async function takeDisruption(
  registry: Registry,
  { metadata }: V1PodDisruptionBudget,
  podName: string,
  isDryRun: boolean,
  context: CallContext,
): Promise<void> {
  const { namespace = "", name } = metadata;
  await update(storeOf(registry), {
    namespace,
    name,
    subresource: "status",
    isDryRun,
    context: { ...context, user: loopbackUser, isComponent: true },
    mayCreate: "never",
    next(current) {
      const budget = current as V1PodDisruptionBudget;
      const status = checkedStatus(budget);
      status.disruptionsAllowed = (status.disruptionsAllowed ?? 0) - 1;
      status.disruptedPods = { ...status.disruptedPods, [podName]: timestamp(context.nowMs) };
      if (status.disruptionsAllowed === 0) setInsufficientPods(budget, context.nowMs);
      return budget;
    },
  });
}

function checkedStatus(budget: V1PodDisruptionBudget) {
  const { metadata, status } = budget;
  const { name } = metadata;
  if (!status || (status.observedGeneration ?? 0) < (metadata.generation ?? 0)) throw stillProcessed(name);
  const resource = { group: "policy", resource: "poddisruptionbudget" };
  if ((status.disruptionsAllowed ?? 0) < 0) throw forbidden(resource, name, "pdb disruptions allowed is negative");
  if (Object.keys(status.disruptedPods ?? {}).length > DISRUPTED_PODS_MAX)
    throw forbidden(resource, name, "DisruptedPods map too big - too many evictions not confirmed by PDB controller");
  if (!status.disruptionsAllowed)
    throw refused(
      `The disruption budget ${name} needs ${status.desiredHealthy} healthy pods and has ${status.currentHealthy} currently`,
      0,
    );
  return status;
}

function setInsufficientPods({ metadata, status }: V1PodDisruptionBudget, nowMs: number): void {
  if (!status) return;
  const others = (status.conditions ?? []).filter(({ type }) => type !== "DisruptionAllowed");
  const condition = {
    type: "DisruptionAllowed",
    status: "False",
    observedGeneration: metadata.generation ?? 0,
    lastTransitionTime: timestamp(nowMs),
    reason: "InsufficientPods",
    message: "",
  };
  status.conditions = [...others, condition];
}

/** The budget's controller has not looked yet: ask again. */
export function stillProcessed(name: string): StatusError {
  return refused(`The disruption budget ${name} is still being processed by the server.`, RETRY_SECONDS);
}

function refused(why: string, retryAfterSeconds: number): StatusError {
  const { status } = tooManyRequests(REFUSAL, retryAfterSeconds);
  const { retryAfterSeconds: seconds } = status.details ?? {};
  return new StatusError({
    ...status,
    details: {
      ...(seconds ? { retryAfterSeconds: seconds } : {}),
      causes: [{ reason: "DisruptionBudget", message: why }],
    },
  });
}
