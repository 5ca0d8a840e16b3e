import { type KubeObject, StatusError } from "@drydock/apimachinery";
import type { ControllerContext, EventRecorder, Lister, ReconcileResult } from "@drydock/client";
import { pods, type V1Pod, type V1PodTemplateSpec } from "@drydock/kube-api";
import { claimObjects } from "../../owners/claim-objects.ts";
import { controllerIndex, controllerOf, controllerRefTo, orphansOf } from "../../owners/controller-ref.ts";
import { Expectations } from "../../owners/expectations.ts";
import { podFromTemplate } from "../../pods/create-pod.ts";
import { availableInMs, isPodActive, isPodReady } from "../../pods/pod-state.ts";
import { slowStart } from "../../pods/slow-start.ts";
import { planReplicas, type ReplicaPlan } from "./plan-replicas.ts";
import { planStatus, type ReplicaFailure } from "./plan-status.ts";
import type { ReplicaOwner, ReplicaOwnerKind } from "./replica-owner.ts";

const EXPECTATION_RECHECK_MS = 5 * 60 * 1000 + 1000;

/** Keeps the number of pods of one kind of owner as its spec says. */
export class ReplicaManager {
  readonly #kind: ReplicaOwnerKind;
  readonly #context: ControllerContext;
  readonly #owners: Lister<ReplicaOwner>;
  readonly #pods: Lister<V1Pod>;
  readonly #expectations: Expectations;
  readonly #recorder: EventRecorder;

  constructor(kind: ReplicaOwnerKind, context: ControllerContext) {
    this.#kind = kind;
    this.#context = context;
    this.#owners = context.informers.informer(kind.resource).lister;
    const podInformer = context.informers.informer(pods);
    this.#pods = podInformer.lister;
    this.#expectations = new Expectations(context.clock, podInformer);
    this.#recorder = context.recorderFor(kind.component);
  }

  async reconcile(key: string): Promise<ReconcileResult | undefined> {
    const owner = this.#owners.getByKey(key);
    if (!owner) {
      this.#expectations.forget(key);
      return undefined;
    }
    const isSettled = this.#expectations.isSatisfied(key);
    const claimed = await this.#claim(owner);
    let outcome: Outcome = {};
    if (isSettled && !owner.metadata.deletionTimestamp) outcome = await this.#replicate(key, owner, claimed);
    await this.#writeStatus(owner, claimed, outcome.failure);
    if (outcome.error !== undefined) throw outcome.error;
    return this.#lookAgain(owner, claimed, isSettled);
  }

  async #claim(owner: ReplicaOwner): Promise<V1Pod[]> {
    const candidates = [
      ...this.#pods.byIndex(controllerIndex, owner.metadata.uid ?? ""),
      ...this.#pods.byIndex(controllerIndex, orphansOf(owner.metadata.namespace)),
    ].filter(isPodActive);
    return claimObjects<ReplicaOwner, V1Pod>({
      client: this.#context.client,
      ownerResource: this.#kind.resource,
      owner,
      resource: pods,
      selector: this.#kind.selectorOf(owner),
      objects: candidates,
    });
  }

  async #replicate(key: string, owner: ReplicaOwner, claimed: readonly V1Pod[]): Promise<Outcome> {
    const plan = planReplicas({
      desired: owner.spec?.replicas ?? 1,
      pods: claimed,
      related: this.#relatedPods(owner, claimed),
      nowMs: this.#context.clock.nowMs(),
    });
    return plan.create > 0 ? this.#create(key, owner, plan.create) : this.#delete(key, owner, plan);
  }

  async #create(key: string, owner: ReplicaOwner, count: number): Promise<Outcome> {
    const template = owner.spec?.template as V1PodTemplateSpec;
    const reference = controllerRefTo(this.#kind.resource, owner);
    const { error } = await slowStart(count, async () => {
      const pod = podFromTemplate(template, owner.metadata.namespace ?? "", reference);
      const result = await this.#context.client.create(pods, pod);
      this.#expectations.expectCreated(key, result);
      this.#recorder.event(owner, "Normal", "SuccessfulCreate", `Created pod: ${result.metadata.name}`);
    });
    if (error === undefined) return {};
    const { message } = StatusError.from(error);
    const isEnding = StatusError.from(error).status.details?.causes?.some(
      ({ reason }) => reason === "NamespaceTerminating",
    );
    if (isEnding) return {};
    this.#recorder.event(owner, "Warning", "FailedCreate", `Error creating: ${message}`);
    return { error, failure: { reason: "FailedCreate", message } };
  }

  async #delete(key: string, owner: ReplicaOwner, plan: ReplicaPlan): Promise<Outcome> {
    const outcomes = await Promise.allSettled(
      plan.delete.map(async (pod) => {
        this.#expectations.expectDeleted(key, pod);
        try {
          await this.#context.client.delete(pods, pod.metadata, { preconditions: { uid: pod.metadata.uid } });
          this.#recorder.event(owner, "Normal", "SuccessfulDelete", `Deleted pod: ${pod.metadata.name}`);
        } catch (error) {
          this.#expectations.unexpectDeleted(pod);
          if (StatusError.from(error).code === 404) return;
          const { message } = StatusError.from(error);
          this.#recorder.event(owner, "Warning", "FailedDelete", `Error deleting: ${message}`);
          throw error;
        }
      }),
    );
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (!failed) return {};
    const failure: ReplicaFailure = { reason: "FailedDelete", message: StatusError.from(failed.reason).message };
    return { error: failed.reason, failure };
  }

  /** Active pods of this owner and of the other owners that the same Deployment controls. */
  #relatedPods(owner: ReplicaOwner, own: readonly V1Pod[]): readonly V1Pod[] {
    const parent = controllerOf(owner)?.uid;
    if (!parent) return own;
    const siblings = this.#owners
      .list(owner.metadata.namespace)
      .filter((other: KubeObject) => controllerOf(other)?.uid === parent);
    return siblings
      .flatMap(({ metadata }) => this.#pods.byIndex(controllerIndex, metadata.uid ?? ""))
      .filter(isPodActive);
  }

  async #writeStatus(owner: ReplicaOwner, claimed: readonly V1Pod[], failure?: ReplicaFailure): Promise<void> {
    const status = planStatus(owner, claimed, failure, this.#context.clock.nowMs());
    if (status) await this.#context.client.updateStatus(this.#kind.resource, { ...owner, status });
  }

  /** Pods that become available by waiting raise no event, and lost events raise none either. */
  #lookAgain(owner: ReplicaOwner, claimed: readonly V1Pod[], isSettled: boolean): ReconcileResult | undefined {
    if (!isSettled) return { requeueAfterMs: EXPECTATION_RECHECK_MS };
    const nowMs = this.#context.clock.nowMs();
    const waits = claimed
      .filter(isPodReady)
      .map((pod) => availableInMs(pod, owner.spec?.minReadySeconds ?? 0, nowMs))
      .filter((waitMs) => waitMs > 0);
    return waits.length > 0 ? { requeueAfterMs: Math.min(...waits) } : undefined;
  }
}

/** What went wrong, if anything. */
interface Outcome {
  readonly error?: unknown;
  readonly failure?: ReplicaFailure;
}
