import { StatusError } from "@drydock/apimachinery";
import type { ControllerContext, EventRecorder } from "@drydock/client";
import {
  persistentVolumeClaims,
  pods,
  type V1PersistentVolumeClaim,
  type V1Pod,
  type V1PodTemplateSpec,
  type V1StatefulSet,
} from "@drydock/kube-api";
import { isStaleClaim, planClaimOwners } from "./plan-claim-owners.ts";
import { claimsOf, hasIdentity, identityLabels, ordinalOf, statefulPod } from "./stateful-pod.ts";

/** Creates, mends and deletes the pods of StatefulSets and the claims that belong to them. */
export class StatefulPods {
  readonly #context: ControllerContext;
  readonly #recorder: EventRecorder;

  constructor(context: ControllerContext, recorder: EventRecorder) {
    this.#context = context;
    this.#recorder = recorder;
  }

  /** First what the pod needs, then the pod. A pod that is there already is what the cache will show. */
  async create(set: V1StatefulSet, template: V1PodTemplateSpec, revision: string, ordinal: number): Promise<void> {
    const pod = statefulPod(set, template, revision, ordinal);
    const claims = claimsOf(set, ordinal).map((claim) => this.#known(claim));
    if (claims.some((claim) => claim && isStaleClaim(claim, pod.metadata.name, undefined))) return;
    await this.#createClaims(set, pod, ordinal);
    await this.#told(set, "create", pod, async () => {
      await this.#context.client.create(pods, pod);
    });
  }

  async delete(set: V1StatefulSet, pod: V1Pod): Promise<void> {
    await this.#told(set, "delete", pod, async () => {
      await this.#context.client.delete(pods, pod.metadata, { preconditions: { uid: pod.metadata.uid } });
    });
  }

  /** Labels, missing claims, and whom the claims go with. */
  async mend(set: V1StatefulSet, pod: V1Pod): Promise<void> {
    const ordinal = ordinalOf(set, pod) ?? 0;
    if (pod.status?.phase === "Pending") await this.#createClaims(set, pod, ordinal);
    await this.settleClaims(set, pod, false);
    if (hasIdentity(set, pod)) return;
    const patch = { metadata: { labels: identityLabels(set, pod.metadata.name), uid: pod.metadata.uid } };
    await this.#told(set, "update", pod, async () => {
      await this.#context.client.patch(pods, pod.metadata, patch, "application/merge-patch+json");
    });
  }

  async settleClaims(set: V1StatefulSet, pod: V1Pod, isCondemned: boolean): Promise<void> {
    for (const claim of claimsOf(set, ordinalOf(set, pod) ?? 0)) {
      const known = this.#known(claim);
      const ownerReferences = known && planClaimOwners(set, pod, isCondemned, known);
      if (!known || !ownerReferences) continue;
      if (
        ownerReferences.some(({ controller, uid }) => controller && ![set.metadata.uid, pod.metadata.uid].includes(uid))
      ) {
        const text = `PersistentVolumeClaim ${claim.metadata.name} has a conflicting OwnerReference that acts as a manging controller, the retention policy is ignored for this claim`;
        this.#recorder.event(set, "Warning", "ConflictingController", text);
      }
      await this.#context.client.update(persistentVolumeClaims, {
        ...known,
        metadata: { ...known.metadata, ownerReferences },
      });
    }
  }

  #known({ metadata }: V1PersistentVolumeClaim): V1PersistentVolumeClaim | undefined {
    const { lister } = this.#context.informers.informer(persistentVolumeClaims);
    return lister.get(metadata.namespace ?? "", metadata.name);
  }

  async #createClaims(set: V1StatefulSet, pod: V1Pod, ordinal: number): Promise<void> {
    for (const claim of claimsOf(set, ordinal)) {
      const known = this.#known(claim);
      if (known?.metadata.deletionTimestamp) throw new Error(`pvc ${claim.metadata.name} is being deleted`);
      if (known) continue;
      const what = `create Claim ${claim.metadata.name} Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name}`;
      try {
        await this.#context.client.create(persistentVolumeClaims, claim);
        this.#recorder.event(set, "Normal", "SuccessfulCreate", `${what} success`);
      } catch (error) {
        const { status, message } = StatusError.from(error);
        if (status.reason === "AlreadyExists") continue;
        this.#recorder.event(set, "Warning", "FailedCreate", `${what} failed error: ${message}`);
        throw error;
      }
    }
  }

  async #told(set: V1StatefulSet, verb: "create" | "update" | "delete", { metadata }: V1Pod, act: () => Promise<void>) {
    const what = `${verb} Pod ${metadata.name} in StatefulSet ${set.metadata.name}`;
    const reason = `${verb[0]?.toUpperCase()}${verb.slice(1)}`;
    try {
      await act();
    } catch (error) {
      const { code, status, message } = StatusError.from(error);
      if (status.reason === "AlreadyExists" || (verb !== "create" && code === 404)) return;
      this.#recorder.event(set, "Warning", `Failed${reason}`, `${what} failed error: ${message}`);
      throw error;
    }
    this.#recorder.event(set, "Normal", `Successful${reason}`, `${what} successful`);
  }
}
