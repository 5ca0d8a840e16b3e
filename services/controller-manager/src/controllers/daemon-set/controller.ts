import { deepEqual, labelSelectorFromObject, StatusError } from "@drydock/apimachinery";
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
  defineIndex,
  defineWatch,
  type EventRecorder,
  type ReconcileResult,
} from "@drydock/client";
import { controllerRevisions, daemonSets, nodes, pods, type V1DaemonSet, type V1Pod } from "@drydock/kube-api";
import { claimObjects } from "../../owners/claim-objects.ts";
import { controllerIndex, controllerIndexValues, orphansOf } from "../../owners/controller-ref.ts";
import { Expectations } from "../../owners/expectations.ts";
import { slowStart } from "../../pods/slow-start.ts";
import { daemonPod } from "./daemon-pod.ts";
import { type DaemonPlan, type DaemonView, planDaemonPods } from "./plan-daemon-pods.ts";
import { planRevisions } from "./plan-revisions.ts";
import { planStatus } from "./plan-status.ts";

/** One pod on every node that fits. */
export function daemonSet(): ControllerDefinition {
  let allSets = (): string[] => [];
  return defineController({
    name: "daemonset-controller",
    primary: daemonSets,
    owns: [pods, controllerRevisions],
    watches: [defineWatch({ resource: nodes, keysFor: () => allSets() })],
    indexes: [
      defineIndex(pods, controllerIndex, controllerIndexValues),
      defineIndex(controllerRevisions, controllerIndex, controllerIndexValues),
    ],
    create(context) {
      const lister = context.informers.informer(daemonSets).lister;
      allSets = () => lister.list().map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
      const reconciler = new DaemonSetReconciler(context);
      return { reconcile: (key) => reconciler.reconcile(key) };
    },
  });
}

class DaemonSetReconciler {
  readonly #context: ControllerContext;
  readonly #recorder: EventRecorder;
  readonly #expectations: Expectations;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#recorder = context.recorderFor("daemonset-controller");
    this.#expectations = new Expectations(context.clock, context.informers.informer(pods));
  }

  async reconcile(key: string): Promise<ReconcileResult | undefined> {
    const { informers, clock } = this.#context;
    const set = informers.informer(daemonSets).lister.getByKey(key);
    if (!set) this.#expectations.forget(key);
    if (!set || set.metadata.deletionTimestamp) return undefined;
    const isSettled = this.#expectations.isSatisfied(key);
    const hash = await this.#syncRevisions(set);
    const view: DaemonView = {
      set,
      hash,
      nodes: informers.informer(nodes).lister.list(),
      pods: await this.#claim(set),
      nowMs: clock.nowMs(),
    };
    const plan = planDaemonPods(view);
    const error = isSettled ? await this.#execute(key, set, plan, hash) : undefined;
    const status = planStatus(view, plan.wanted);
    if (!deepEqual(status, set.status)) await this.#context.client.updateStatus(daemonSets, { ...set, status });
    if (error !== undefined) throw error;
    return undefined;
  }

  #claim(set: V1DaemonSet): Promise<V1Pod[]> {
    const lister = this.#context.informers.informer(pods).lister;
    return claimObjects({
      client: this.#context.client,
      ownerResource: daemonSets,
      owner: set,
      resource: pods,
      selector: labelSelectorFromObject(set.spec?.selector),
      objects: [
        ...lister.byIndex(controllerIndex, set.metadata.uid ?? ""),
        ...lister.byIndex(controllerIndex, orphansOf(set.metadata.namespace)),
      ],
    });
  }

  async #syncRevisions(set: V1DaemonSet): Promise<string> {
    const { client, informers } = this.#context;
    const history = informers.informer(controllerRevisions).lister.byIndex(controllerIndex, set.metadata.uid ?? "");
    const plan = planRevisions(set, history);
    if (plan.create)
      await client.create(controllerRevisions, plan.create).catch((error: unknown) => {
        if (StatusError.from(error).reason !== "AlreadyExists") throw error;
      });
    if (plan.update) await client.update(controllerRevisions, plan.update);
    for (const { metadata } of plan.delete) await client.delete(controllerRevisions, metadata).catch(ignoreNotFound);
    return plan.hash;
  }

  /** Returns the first error, if any: the status is written all the same. */
  async #execute(key: string, set: V1DaemonSet, plan: DaemonPlan, hash: string): Promise<unknown> {
    const { client } = this.#context;
    const created = await slowStart(plan.create.length, async (index) => {
      const pod = await client.create(pods, daemonPod(set, plan.create[index] as string, hash));
      this.#expectations.expectCreated(key, pod);
      this.#recorder.event(set, "Normal", "SuccessfulCreate", `Created pod: ${pod.metadata.name}`);
    });
    if (created.error !== undefined) {
      const message = `Error creating: ${StatusError.from(created.error).message}`;
      this.#recorder.event(set, "Warning", "FailedCreate", message);
    }
    const deleted = await Promise.allSettled(plan.delete.map((pod) => this.#delete(key, set, pod)));
    return created.error ?? deleted.find((outcome) => outcome.status === "rejected")?.reason;
  }

  async #delete(key: string, set: V1DaemonSet, pod: V1Pod): Promise<void> {
    this.#expectations.expectDeleted(key, pod);
    try {
      await this.#context.client.delete(pods, pod.metadata, { preconditions: { uid: pod.metadata.uid } });
      this.#recorder.event(set, "Normal", "SuccessfulDelete", `Deleted pod: ${pod.metadata.name}`);
    } catch (error) {
      this.#expectations.unexpectDeleted(pod);
      ignoreNotFound(error);
    }
  }
}

function ignoreNotFound(error: unknown): void {
  if (StatusError.from(error).code !== 404) throw error;
}
