import { StatusError } from "@drydock/apimachinery";
import type { ControllerContext, EventRecorder } from "@drydock/client";
import { pods, type V1Job, type V1Pod } from "@drydock/kube-api";
import { Expectations } from "../../owners/expectations.ts";
import { isPodReady } from "../../pods/pod-state.ts";
import { slowStart } from "../../pods/slow-start.ts";
import { FinalizerRemovals } from "./finalizer-removals.ts";
import { jobPod } from "./job-pod.ts";
import { isTracked, TRACKING_FINALIZER } from "./job-state.ts";

/** What has been done, and the first thing that went wrong. */
export interface Deleted {
  readonly total: number;
  readonly ready: number;
  readonly error?: unknown;
}

/** Creates, deletes and releases the pods of Jobs, and keeps what the cache does not show yet. */
export class JobPods {
  readonly #context: ControllerContext;
  readonly #recorder: EventRecorder;
  readonly #expectations: Expectations;
  readonly #removals: FinalizerRemovals;

  constructor(context: ControllerContext, recorder: EventRecorder) {
    const informer = context.informers.informer(pods);
    this.#context = context;
    this.#recorder = recorder;
    this.#expectations = new Expectations(context.clock, informer);
    this.#removals = new FinalizerRemovals(informer);
  }

  isSettled(key: string): boolean {
    return this.#expectations.isSatisfied(key);
  }

  releasedUids(key: string): ReadonlySet<string> {
    return this.#removals.pendingOf(key);
  }

  forget(key: string): void {
    this.#expectations.forget(key);
    this.#removals.forget(key);
  }

  /** Returns how many pods there are more, and the first error. */
  async create(
    key: string,
    job: V1Job,
    indexes: readonly (number | undefined)[],
    replacedBy: (index: number) => V1Pod | undefined,
  ): Promise<{ readonly succeeded: number; readonly error?: unknown }> {
    const { succeeded, error } = await slowStart(indexes.length, async (position) => {
      const index = indexes[position];
      const pod = jobPod(job, index, index === undefined ? undefined : replacedBy(index));
      const created = await this.#context.client.create(pods, pod);
      this.#expectations.expectCreated(key, created);
      this.#recorder.event(job, "Normal", "SuccessfulCreate", `Created pod: ${created.metadata.name}`);
    });
    if (error === undefined) return { succeeded };
    const { status, message } = StatusError.from(error);
    // Nothing that is created in a namespace that is going away would stay.
    if (status.details?.causes?.some(({ reason }) => reason === "NamespaceTerminating")) return { succeeded };
    this.#recorder.event(job, "Warning", "FailedCreate", `Error creating: ${message}`);
    return { succeeded, error };
  }

  /** With `isUncounted` the finalizers go first: pods that were one too many are nobody's failure. */
  async delete(key: string, job: V1Job, victims: readonly V1Pod[], isUncounted: boolean): Promise<Deleted> {
    const outcomes = await Promise.allSettled(victims.map((pod) => this.#deleteOne(key, job, pod, isUncounted)));
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    const deleted = victims.filter((_, position) => outcomes[position]?.status === "fulfilled");
    return { total: deleted.length, ready: deleted.filter(isPodReady).length, ...(failed && { error: failed.reason }) };
  }

  async #deleteOne(key: string, job: V1Job, pod: V1Pod, isUncounted: boolean): Promise<void> {
    this.#expectations.expectDeleted(key, pod);
    try {
      if (isUncounted && isTracked(pod)) await this.releaseOne(pod);
      await this.#context.client.delete(pods, pod.metadata, { preconditions: { uid: pod.metadata.uid } });
      this.#recorder.event(job, "Normal", "SuccessfulDelete", `Deleted pod: ${pod.metadata.name}`);
    } catch (error) {
      this.#expectations.unexpectDeleted(pod);
      const { code, message } = StatusError.from(error);
      if (code === 404) return;
      this.#recorder.event(job, "Warning", "FailedDelete", `Error deleting: ${message}`);
      throw error;
    }
  }

  /** Takes the finalizers off; returns the uids of those that have none any more, and the first error. */
  async release(key: string, ended: readonly V1Pod[]): Promise<{ readonly uids: string[]; readonly error?: unknown }> {
    const uids = ended.map(({ metadata }) => metadata.uid ?? "");
    this.#removals.expect(key, uids);
    const outcomes = await Promise.allSettled(ended.map((pod) => this.releaseOne(pod)));
    outcomes.forEach(({ status }, position) => {
      if (status === "rejected") this.#removals.observe(uids[position] as string);
    });
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    return {
      uids: uids.filter((_, position) => outcomes[position]?.status === "fulfilled"),
      ...(failed && { error: failed.reason }),
    };
  }

  /** A pod that is gone has no finalizer either. */
  async releaseOne({ metadata }: V1Pod): Promise<void> {
    const patch = { metadata: { "$deleteFromPrimitiveList/finalizers": [TRACKING_FINALIZER] } };
    try {
      await this.#context.client.patch(pods, metadata, patch, "application/strategic-merge-patch+json");
    } catch (error) {
      if (StatusError.from(error).code !== 404) throw error;
      this.#removals.observe(metadata.uid ?? "");
    }
  }
}
