import type { Clock, Timer } from "@drydock/base";
import { type Logger, withTrace } from "@drydock/component";
import type { V1Pod } from "@drydock/kube-api";
import type { RuntimePod } from "../runtime/runtime.ts";
import type { PodSyncer, SyncResult } from "./pod-syncer.ts";

interface Worker {
  pod: V1Pod;
  /** The API server no longer has it: end what runs and forget it. */
  isGone: boolean;
  isBusy: boolean;
  isDirty: boolean;
  timer: Timer | undefined;
}

/** Docker is bound by CPU when it starts containers: more passes at a time would only make each slower. */
const MAX_CONCURRENT = 4;
const FAILURE_RETRY_MS = 3_000;

/** One worker a pod, passes of one pod one after the other, of several pods side by side. */
export class PodWorkers {
  readonly #syncer: PodSyncer;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #workers = new Map<string, Worker>();
  #running = 0;
  readonly #waiting: string[] = [];
  #isStopped = false;

  constructor(syncer: PodSyncer, clock: Clock, logger: Logger) {
    this.#syncer = syncer;
    this.#clock = clock;
    this.#logger = logger;
  }

  get pods(): V1Pod[] {
    return [...this.#workers.values()].map((worker) => worker.pod);
  }

  has(uid: string): boolean {
    return this.#workers.has(uid);
  }

  /** The desired state of a pod changed, or it is new. */
  update(pod: V1Pod): void {
    const uid = pod.metadata.uid ?? "";
    const worker = this.#workers.get(uid);
    if (worker) worker.pod = pod;
    else this.#workers.set(uid, { pod, isGone: false, isBusy: false, isDirty: false, timer: undefined });
    this.wake(uid);
  }

  /** The API server no longer has the pod. */
  remove(pod: V1Pod): void {
    const worker = this.#workers.get(pod.metadata.uid ?? "");
    if (!worker) return;
    worker.pod = pod;
    worker.isGone = true;
    this.wake(pod.metadata.uid ?? "");
  }

  /** Something happened to the pod: look at it. Unknown pods are ignored. */
  wake(uid: string): void {
    const worker = this.#workers.get(uid);
    if (!worker || this.#isStopped) return;
    if (worker.isBusy) {
      worker.isDirty = true;
      return;
    }
    worker.isBusy = true;
    worker.timer?.cancel();
    if (this.#running < MAX_CONCURRENT || isEnding(worker)) void this.#run(uid, worker);
    else this.#waiting.push(uid);
  }

  stop(): void {
    this.#isStopped = true;
    for (const worker of this.#workers.values()) worker.timer?.cancel();
  }

  async #run(uid: string, worker: Worker): Promise<void> {
    this.#running++;
    let result: SyncResult;
    try {
      result = await withTrace(undefined, () => this.#pass(uid, worker));
    } catch (error) {
      this.#logger.error(
        { pod: `${worker.pod.metadata.namespace}/${worker.pod.metadata.name}`, err: error },
        "pod not synced, trying again",
      );
      result = { retryAtMs: this.#clock.nowMs() + FAILURE_RETRY_MS };
    }
    this.#running--;
    worker.isBusy = false;
    this.#schedule(uid, worker, result);
    const next = this.#waiting.shift();
    const waiting = next === undefined ? undefined : this.#workers.get(next);
    if (next !== undefined && waiting) void this.#run(next, waiting);
  }

  #pass(uid: string, worker: Worker): Promise<SyncResult> {
    if (worker.isGone) return this.#passOfGone(uid, worker);
    if (worker.pod.metadata.deletionTimestamp) return this.#syncer.terminate(worker.pod);
    return this.#syncer.sync(worker.pod, () => !isEnding(worker));
  }

  async #passOfGone(uid: string, worker: Worker): Promise<SyncResult> {
    const { metadata, spec } = worker.pod;
    const graceSeconds = Number(metadata.deletionGracePeriodSeconds ?? spec?.terminationGracePeriodSeconds ?? 30);
    await this.#syncer.removeOrphan(await this.#orphan(worker.pod), graceSeconds);
    this.#workers.delete(uid);
    return { retryAtMs: undefined };
  }

  async #orphan(pod: V1Pod): Promise<RuntimePod> {
    const { uid = "", name, namespace = "" } = pod.metadata;
    return (await this.#syncer.observe(uid)) ?? { uid, name, namespace, sandboxes: [], containers: [] };
  }

  #schedule(uid: string, worker: Worker, result: SyncResult): void {
    if (!this.#workers.has(uid) || this.#isStopped) return;
    if (worker.isDirty) {
      worker.isDirty = false;
      this.wake(uid);
    } else if (result.retryAtMs !== undefined) {
      worker.timer = this.#clock.setTimer(Math.max(50, result.retryAtMs - this.#clock.nowMs()), () => this.wake(uid));
    }
  }
}

/** Ending pods do not wait behind starting ones: they mostly sleep through their grace period. */
function isEnding(worker: Worker): boolean {
  return worker.isGone || worker.pod.metadata.deletionTimestamp !== undefined;
}
