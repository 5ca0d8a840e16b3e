import { deepEqual, type KubeObject, labelSelectorFromObject, StatusError } from "@drydock/apimachinery";
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
  defineWatch,
  type EventRecorder,
  type Lister,
  objectKey,
  type ReconcileResult,
} from "@drydock/client";
import {
  customResourceDefinitions,
  deployments,
  podDisruptionBudgets,
  pods,
  type ResourceRef,
  replicaSets,
  replicationControllers,
  statefulSets,
  type V1LabelSelector,
  type V1Pod,
  type V1PodDisruptionBudget,
  type V1PodDisruptionBudgetStatus,
} from "@drydock/kube-api";
import { OwnerScales } from "./owner-scales.ts";
import { countsByScale, planBudget, planFailSafe } from "./plan-budget.ts";
import { targetStaleInMs, withoutTarget } from "./stale-target.ts";

const POD_PREFIX = "pods/";

/** Caches that must be filled before anything is reckoned. */
const scaledKinds: readonly ResourceRef<KubeObject>[] = [
  deployments,
  replicaSets,
  replicationControllers,
  statefulSets,
  customResourceDefinitions,
].map((resource) => resource as unknown as ResourceRef<KubeObject>);

/** Keeps what PodDisruptionBudgets allow. Its keys are budgets and, as `pods/<namespace>/<name>`, pods somebody meant to remove. */
export function disruption(): ControllerDefinition {
  let keysFor: (pod: V1Pod) => readonly string[] = () => [];
  return defineController({
    name: "disruption-controller",
    primary: podDisruptionBudgets,
    watches: [
      defineWatch({ resource: pods, keysFor: (pod) => keysFor(pod) }),
      ...scaledKinds.map((resource) => defineWatch({ resource, keysFor: () => [] })),
    ],
    create(context) {
      const budgets = context.informers.informer(podDisruptionBudgets).lister;
      keysFor = (pod) => [
        ...budgetsOf(budgets, pod).map(objectKey),
        ...(targetStaleInMs(pod, 0) === undefined ? [] : [`${POD_PREFIX}${objectKey(pod)}`]),
      ];
      const reconciler = new DisruptionReconciler(context);
      return {
        reconcile: (key) =>
          key.startsWith(POD_PREFIX) && key.split("/").length === 3
            ? reconciler.reconcilePod(key.slice(POD_PREFIX.length))
            : reconciler.reconcile(key),
      };
    },
  });
}

function budgetsOf(budgets: Lister<V1PodDisruptionBudget>, { metadata }: V1Pod): V1PodDisruptionBudget[] {
  return budgets
    .list(metadata.namespace)
    .filter(({ spec }) => labelSelectorFromObject(spec?.selector).matches(metadata.labels));
}

class DisruptionReconciler {
  readonly #context: ControllerContext;
  readonly #recorder: EventRecorder;
  readonly #scales: OwnerScales;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#recorder = context.recorderFor("controllermanager");
    this.#scales = new OwnerScales(context);
  }

  async reconcile(key: string): Promise<ReconcileResult | undefined> {
    const { informers, clock } = this.#context;
    const budget = informers.informer(podDisruptionBudgets).lister.getByKey(key);
    if (!budget) return undefined;
    const selector = labelSelectorFromObject(budget.spec?.selector);
    const selected = informers
      .informer(pods)
      .lister.list(budget.metadata.namespace)
      .filter(({ metadata }) => selector.matches(metadata.labels));
    if (selected.length === 0) this.#recorder.event(budget, "Normal", "NoPods", "No matching pods found");
    this.#warnOfSeveral(budget, selected);
    let expected: number;
    try {
      expected = await this.#expectedPods(budget, selected);
    } catch (error) {
      const message = (error as Error).message;
      const text = `Failed to calculate the number of expected pods: ${message}`;
      this.#recorder.event(budget, "Warning", "CalculateExpectedPodCountFailed", text);
      await this.#write(budget, planFailSafe(budget, message, clock.nowMs()));
      return undefined;
    }
    const plan = planBudget(budget, selected, expected, clock.nowMs());
    const { namespace } = budget.metadata;
    for (const pod of plan.notDeleted) {
      const text = `Pod was expected by PDB ${namespace}/${budget.metadata.name} to be deleted but it wasn't`;
      this.#recorder.event(pod, "Warning", "NotDeleted", text);
    }
    await this.#write(budget, plan.status);
    return plan.recheckAfterMs === undefined ? undefined : { requeueAfterMs: plan.recheckAfterMs };
  }

  async reconcilePod(key: string): Promise<ReconcileResult | undefined> {
    const { client, clock, informers } = this.#context;
    const pod = informers.informer(pods).lister.getByKey(key);
    const leftMs = pod && targetStaleInMs(pod, clock.nowMs());
    if (!pod || leftMs === undefined) return undefined;
    if (leftMs > 0) return { requeueAfterMs: leftMs };
    try {
      await client.updateStatus(pods, withoutTarget(pod, clock.nowMs()));
    } catch (error) {
      if (StatusError.from(error).code !== 404) throw error;
    }
    return undefined;
  }

  async #expectedPods(budget: V1PodDisruptionBudget, selected: readonly V1Pod[]): Promise<number> {
    if (!countsByScale(budget)) return selected.length;
    const { expected, unmanaged } = await this.#scales.expectedPods(selected);
    if (unmanaged.length > 0) {
      const text = `Pods selected by this PodDisruptionBudget (selector: ${describe(budget.spec?.selector)}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`;
      this.#recorder.event(budget, "Warning", "UnmanagedPods", text);
    }
    return expected;
  }

  /** Evictions of such pods are refused. The first of their budgets says so. */
  #warnOfSeveral(budget: V1PodDisruptionBudget, selected: readonly V1Pod[]): void {
    const all = this.#context.informers.informer(podDisruptionBudgets).lister;
    if (all.list(budget.metadata.namespace).length < 2) return;
    for (const pod of selected) {
      const [first, ...others] = budgetsOf(all, pod);
      if (others.length === 0 || first?.metadata.uid !== budget.metadata.uid) continue;
      const { namespace, name } = pod.metadata;
      const text = `Pod "${namespace}"/"${name}" matches multiple PodDisruptionBudgets.  Chose "${budget.metadata.name}" arbitrarily.`;
      this.#recorder.event(pod, "Warning", "MultiplePodDisruptionBudgets", text);
    }
  }

  async #write(budget: V1PodDisruptionBudget, status: V1PodDisruptionBudgetStatus): Promise<void> {
    if (deepEqual(status, budget.status)) return;
    await this.#context.client.updateStatus(podDisruptionBudgets, { ...budget, status });
  }
}

/** As Go prints it. */
function describe({ matchLabels = {}, matchExpressions = [] }: V1LabelSelector = {}): string {
  const labels = Object.entries(matchLabels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}: ${value},`);
  const expressions = matchExpressions.map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(" ")}],},`,
  );
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join("")}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join("")}},}`;
}
