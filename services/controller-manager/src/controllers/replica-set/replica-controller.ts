import { deepEqual, type KubeObject, type Selector, StatusError } from "@drydock/apimachinery";
import {
  type ControllerContext,
  type EventRecorder,
  type ReconcileResult,
  type Reconciler,
  splitKey,
} from "@drydock/client";
import { pods, type ResourceRef, type V1Pod, type V1PodTemplateSpec } from "@drydock/kube-api";
import { controllerReference, podFromTemplate } from "../../pods/pod-from-template.ts";
import { controllerOf, isPodActive, isPodAvailable, isPodReady } from "../../pods/pod-state.ts";
import { slowStart } from "../../pods/slow-start.ts";
import { Expectations } from "./expectations.ts";
import { planReplicas } from "./plan-replicas.ts";

interface ReplicaStatus {
  replicas: number;
  fullyLabeledReplicas?: number;
  readyReplicas?: number;
  availableReplicas?: number;
  observedGeneration?: number;
  conditions?: { type: string; status: string; reason?: string; message?: string; lastTransitionTime?: string }[];
}

export interface Replicated extends KubeObject {
  spec?: { replicas?: number; minReadySeconds?: number; template?: V1PodTemplateSpec };
  status?: ReplicaStatus;
}

/** ReplicaSets and ReplicationControllers differ only in how they select. */
export interface ReplicaKind<T extends Replicated> {
  readonly resource: ResourceRef<T>;
  readonly component: string;
  selectorOf(object: T): Selector;
}

/** Keeps as many pods as wanted. */
export class ReplicaReconciler<T extends Replicated> implements Reconciler {
  readonly #context: ControllerContext;
  readonly #kind: ReplicaKind<T>;
  readonly #events: EventRecorder;
  readonly #expectations: Expectations;

  constructor(context: ControllerContext, kind: ReplicaKind<T>) {
    this.#context = context;
    this.#kind = kind;
    this.#events = context.recorderFor(kind.component);
    this.#expectations = new Expectations(context.clock);
    context.informers.informer(pods).addHandler({
      onAdd: (pod) => this.#noted(pod, (key) => this.#expectations.creationSeen(key)),
      onUpdate: (pod) => {
        if (pod.metadata.deletionTimestamp)
          this.#noted(pod, (key) => this.#expectations.deletionSeen(key, pod.metadata.uid ?? ""));
      },
      onDelete: (pod) => this.#noted(pod, (key) => this.#expectations.deletionSeen(key, pod.metadata.uid ?? "")),
    });
  }

  async reconcile(key: string): Promise<ReconcileResult | undefined> {
    const { namespace, name } = splitKey(key);
    const owner = this.#context.informers.informer(this.#kind.resource).lister.get(namespace, name);
    if (!owner) {
      this.#expectations.forget(key);
      return undefined;
    }
    const own = await this.#claim(owner);
    let failure: unknown;
    if (this.#expectations.areMet(key) && !owner.metadata.deletionTimestamp)
      failure = await this.#scale(key, owner, own);
    await this.#updateStatus(owner, own, failure);
    if (failure) throw failure;
    return this.#nextAvailability(owner, own);
  }

  /** The pods that are this owner's: adopts matching ones nobody has, lets go of its own that no longer match. */
  async #claim(owner: T): Promise<V1Pod[]> {
    const { client, informers } = this.#context;
    const selector = this.#kind.selectorOf(owner);
    const claimed: V1Pod[] = [];
    for (const pod of informers.informer(pods).lister.list(owner.metadata.namespace)) {
      const controller = controllerOf(pod);
      const isOwn = controller?.uid === owner.metadata.uid;
      const matches = selector.matches(pod.metadata.labels ?? {});
      const key = { namespace: pod.metadata.namespace ?? "", name: pod.metadata.name };
      if (isOwn && matches) claimed.push(pod);
      else if (isOwn && !owner.metadata.deletionTimestamp) {
        const rest = (pod.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== owner.metadata.uid);
        const patch = { metadata: { uid: pod.metadata.uid, ownerReferences: rest.length > 0 ? rest : null } };
        await client.patch(pods, key, patch, "application/merge-patch+json").catch(ignoreGone);
      } else if (!controller && matches && isPodActive(pod) && !owner.metadata.deletionTimestamp) {
        const ownerReferences = [...(pod.metadata.ownerReferences ?? []), controllerReference(owner)];
        await client
          .patch(pods, key, { metadata: { uid: pod.metadata.uid, ownerReferences } }, "application/merge-patch+json")
          .catch(ignoreGone);
        claimed.push(pod);
      }
    }
    return claimed;
  }

  async #scale(key: string, owner: T, own: readonly V1Pod[]): Promise<unknown> {
    const onNode = new Map<string, number>();
    for (const pod of own.filter(isPodActive))
      onNode.set(pod.spec?.nodeName ?? "", (onNode.get(pod.spec?.nodeName ?? "") ?? 0) + 1);
    const plan = planReplicas(owner.spec?.replicas ?? 0, own, onNode, this.#context.clock.nowMs());
    if (plan.kind === "create") return this.#create(key, owner, plan.count);
    if (plan.kind === "delete") return this.#delete(key, owner, plan.pods);
    return undefined;
  }

  async #create(key: string, owner: T, count: number): Promise<unknown> {
    const { client } = this.#context;
    this.#expectations.expectCreations(key, count);
    const { succeeded, error } = await slowStart(count, async () => {
      try {
        const pod = await client.create(pods, podFromTemplate(owner, owner.spec?.template));
        this.#events.event(owner, "Normal", "SuccessfulCreate", `Created pod: ${pod.metadata.name}`);
      } catch (cause) {
        this.#events.event(owner, "Warning", "FailedCreate", `Error creating: ${StatusError.from(cause).message}`);
        throw cause;
      }
    });
    // What was not made will not be seen either.
    for (let missing = succeeded; missing < count; missing++) this.#expectations.creationSeen(key);
    return isNamespaceGoing(error) ? undefined : error;
  }

  async #delete(key: string, owner: T, doomed: readonly V1Pod[]): Promise<unknown> {
    const { client } = this.#context;
    this.#expectations.expectDeletions(
      key,
      doomed.map(({ metadata }) => metadata.uid ?? ""),
    );
    const results = await Promise.allSettled(
      doomed.map(async (pod) => {
        const { name, uid = "" } = pod.metadata;
        try {
          await client.delete(pods, { namespace: pod.metadata.namespace ?? "", name }, { preconditions: { uid } });
          this.#events.event(owner, "Normal", "SuccessfulDelete", `Deleted pod: ${name}`);
        } catch (error) {
          this.#expectations.deletionSeen(key, uid);
          if (StatusError.from(error).code !== 404) throw error;
        }
      }),
    );
    return results.find((result) => result.status === "rejected")?.reason;
  }

  async #updateStatus(owner: T, own: readonly V1Pod[], failure: unknown): Promise<void> {
    const active = own.filter(isPodActive);
    const nowMs = this.#context.clock.nowMs();
    const templateLabels = Object.entries(owner.spec?.template?.metadata?.labels ?? {});
    const minReadySeconds = owner.spec?.minReadySeconds ?? 0;
    const status: ReplicaStatus = {
      replicas: active.length,
      ...positive(
        "fullyLabeledReplicas",
        active.filter(({ metadata }) => templateLabels.every(([label, value]) => metadata.labels?.[label] === value))
          .length,
      ),
      ...positive("readyReplicas", active.filter(isPodReady).length),
      ...positive("availableReplicas", active.filter((pod) => isPodAvailable(pod, minReadySeconds, nowMs)).length),
      ...(owner.metadata.generation === undefined ? {} : { observedGeneration: owner.metadata.generation }),
      ...conditionsOf(owner, failure, nowMs),
    };
    if (deepEqual(status, owner.status)) return;
    await this.#context.client.updateStatus(this.#kind.resource, { ...owner, status }).catch(ignoreGone);
  }

  #nextAvailability(owner: T, own: readonly V1Pod[]): ReconcileResult | undefined {
    const minReadySeconds = owner.spec?.minReadySeconds ?? 0;
    const isWaiting =
      minReadySeconds > 0 &&
      own.some((pod) => isPodReady(pod) && !isPodAvailable(pod, minReadySeconds, this.#context.clock.nowMs()));
    return isWaiting ? { requeueAfterMs: minReadySeconds * 1000 } : undefined;
  }

  #noted(pod: V1Pod, note: (key: string) => void): void {
    const controller = controllerOf(pod);
    if (controller?.kind === this.#kind.resource.kind) note(`${pod.metadata.namespace}/${controller.name}`);
  }
}

function conditionsOf(owner: Replicated, failure: unknown, nowMs: number): Pick<ReplicaStatus, "conditions"> {
  const others = (owner.status?.conditions ?? []).filter(({ type }) => type !== "ReplicaFailure");
  if (!failure) return others.length > 0 ? { conditions: others } : {};
  const old = owner.status?.conditions?.find(({ type }) => type === "ReplicaFailure");
  const lastTransitionTime = old?.lastTransitionTime ?? `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
  return {
    conditions: [
      ...others,
      {
        type: "ReplicaFailure",
        status: "True",
        reason: "FailedCreate",
        message: StatusError.from(failure).message,
        lastTransitionTime,
      },
    ],
  };
}

/** Counts of zero are left out, as Go's omitempty has it. */
function positive<K extends string>(name: K, value: number): { [P in K]?: number } {
  return (value > 0 ? { [name]: value } : {}) as { [P in K]?: number };
}

function isNamespaceGoing(error: unknown): boolean {
  return error !== undefined && StatusError.from(error).message.includes("because it is being terminated");
}

function ignoreGone(error: unknown): void {
  if (StatusError.from(error).code !== 404) throw error;
}
