import { deepEqual, labelSelectorFromObject, StatusError } from "@drydock/apimachinery";
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
  defineIndex,
  defineWatch,
  objectKey,
  type ReconcileResult,
} from "@drydock/client";
import {
  controllerRevisions,
  persistentVolumeClaims,
  pods,
  statefulSets,
  type V1ControllerRevision,
  type V1Pod,
  type V1StatefulSet,
} from "@drydock/kube-api";
import { claimObjects } from "../../owners/claim-objects.ts";
import { controllerIndex, controllerIndexValues, controllerOf, orphansOf } from "../../owners/controller-ref.ts";
import { SeenWrites } from "../../owners/seen-writes.ts";
import { slowStart } from "../../pods/slow-start.ts";
import { planRevision, revisionData, surplusRevisions, templateOf } from "./plan-revisions.ts";
import { hasPodsToAwait, planStatefulSet, type StatefulPlan, type StatefulView } from "./plan-stateful-set.ts";
import { planStatus } from "./plan-status.ts";
import { ordinalOf } from "./stateful-pod.ts";
import { StatefulPods } from "./stateful-pods.ts";

/** Pods with names, in order. */
export function statefulSet(): ControllerDefinition {
  let adopters: (pod: V1Pod) => readonly string[] = () => [];
  return defineController({
    name: "statefulset-controller",
    primary: statefulSets,
    owns: [pods, controllerRevisions],
    watches: [
      defineWatch({ resource: pods, keysFor: (pod) => adopters(pod) }),
      defineWatch({ resource: persistentVolumeClaims, keysFor: () => [] }),
    ],
    indexes: [
      defineIndex(pods, controllerIndex, controllerIndexValues),
      defineIndex(controllerRevisions, controllerIndex, controllerIndexValues),
    ],
    create(context) {
      const sets = context.informers.informer(statefulSets).lister;
      adopters = (pod) =>
        controllerOf(pod)
          ? []
          : sets
              .list(pod.metadata.namespace)
              .filter((set) => mayAdopt(set, pod))
              .map(objectKey);
      const reconciler = new StatefulSetReconciler(context);
      return { reconcile: (key) => reconciler.reconcile(key) };
    },
  });
}

function mayAdopt(set: V1StatefulSet, pod: V1Pod): boolean {
  const selector = labelSelectorFromObject(set.spec?.selector);
  return ordinalOf(set, pod) !== undefined && selector.matches(pod.metadata.labels);
}

interface Revisions {
  readonly current: V1ControllerRevision;
  readonly update: V1ControllerRevision;
  readonly history: readonly V1ControllerRevision[];
  readonly collisionCount: number;
}

class StatefulSetReconciler {
  readonly #context: ControllerContext;
  readonly #pods: StatefulPods;
  readonly #writes = new SeenWrites();

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#pods = new StatefulPods(context, context.recorderFor("statefulset-controller"));
  }

  async reconcile(key: string): Promise<ReconcileResult | undefined> {
    const set = this.#context.informers.informer(statefulSets).lister.getByKey(key);
    if (!set) this.#writes.forget(key);
    if (!set) return undefined;
    if (!this.#writes.areSeen(key, set)) return { requeueAfterMs: 1000 };
    const revisions = await this.#revisions(set);
    const view: StatefulView = {
      set,
      pods: await this.#claim(set),
      currentRevision: revisions.current.metadata.name ?? "",
      updateRevision: revisions.update.metadata.name ?? "",
      nowMs: this.#context.clock.nowMs(),
    };
    const plan = planStatefulSet(view);
    const error = await this.#execute(view, plan, revisions).catch((failure: unknown) => failure);
    const status = planStatus(view, error === undefined ? plan.outdated.length : 0, revisions.collisionCount);
    if (!deepEqual(status, set.status))
      this.#writes.note(key, await this.#context.client.updateStatus(statefulSets, { ...set, status }));
    if (error !== undefined) throw error;
    await this.#truncate(view, revisions);
    return hasPodsToAwait(view) ? { requeueAfterMs: (set.spec?.minReadySeconds ?? 0) * 1000 } : undefined;
  }

  #claim(set: V1StatefulSet): Promise<V1Pod[]> {
    const { lister } = this.#context.informers.informer(pods);
    const orphans = lister.byIndex(controllerIndex, orphansOf(set.metadata.namespace));
    return claimObjects({
      client: this.#context.client,
      ownerResource: statefulSets,
      owner: set,
      resource: pods,
      selector: labelSelectorFromObject(set.spec?.selector),
      objects: [
        ...lister.byIndex(controllerIndex, set.metadata.uid ?? ""),
        ...orphans.filter((pod) => ordinalOf(set, pod) !== undefined),
      ],
    });
  }

  async #revisions(set: V1StatefulSet): Promise<Revisions> {
    const { lister } = this.#context.informers.informer(controllerRevisions);
    const selector = labelSelectorFromObject(set.spec?.selector);
    const orphans = lister.byIndex(controllerIndex, orphansOf(set.metadata.namespace));
    const history = await claimObjects({
      client: this.#context.client,
      ownerResource: statefulSets,
      owner: set,
      resource: controllerRevisions,
      selector,
      objects: [...lister.byIndex(controllerIndex, set.metadata.uid ?? ""), ...orphans],
    });
    const { update, collisionCount } = await this.#ensureUpdate(set, history);
    const current = history.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? update;
    return { current, update, history, collisionCount };
  }

  async #ensureUpdate(set: V1StatefulSet, history: readonly V1ControllerRevision[]) {
    const { client } = this.#context;
    for (let collisionCount = set.status?.collisionCount ?? 0; ; collisionCount++) {
      const { update, step } = planRevision(set, history, collisionCount);
      if (step === "none" || set.metadata.deletionTimestamp) return { update, collisionCount };
      if (step === "raise") return { update: await client.update(controllerRevisions, update), collisionCount };
      try {
        return { update: await client.create(controllerRevisions, update), collisionCount };
      } catch (error) {
        if (StatusError.from(error).status.reason !== "AlreadyExists") throw error;
        const existing = await client.get(controllerRevisions, update.metadata);
        const isOurs = controllerOf(existing)?.uid === set.metadata.uid;
        if (isOurs && deepEqual(existing.data, revisionData(set))) return { update: existing, collisionCount };
      }
    }
  }

  /** In order, up to the first thing that fails; where order does not matter, the more at once the more have succeeded. */
  async #execute({ set }: StatefulView, plan: StatefulPlan, revisions: Revisions): Promise<void> {
    for (const pod of plan.keep) await this.#pods.mend(set, pod);
    for (const pod of plan.condemned) await this.#pods.settleClaims(set, pod, true);
    const { error } = await slowStart(plan.create.length, async (position) => {
      const { ordinal, revision } = plan.create[position] as StatefulPlan["create"][number];
      const of = revision === revisions.current.metadata.name ? revisions.current : revisions.update;
      await this.#pods.create(set, templateOf(of), revision, ordinal);
    });
    if (error !== undefined) throw error;
    for (const pod of [...plan.delete, ...plan.outdated]) await this.#pods.delete(set, pod);
  }

  async #truncate({ set, pods: own }: StatefulView, { current, update, history }: Revisions): Promise<void> {
    const live = [current, update].map(({ metadata }) => metadata.name ?? "");
    for (const { metadata } of surplusRevisions(set, history, own, live)) {
      await this.#context.client.delete(controllerRevisions, metadata).catch((error: unknown) => {
        if (StatusError.from(error).code !== 404) throw error;
      });
    }
  }
}
