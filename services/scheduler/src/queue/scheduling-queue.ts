import { type Clock, Heap, type Timer } from "@drydock/base";
import type { V1Pod } from "@drydock/kube-api";
import type { ClusterEvent, QueuedPod, QueueSortPlugin } from "../framework/types.ts";

interface Parked {
  readonly queued: QueuedPod;
  /** Changes that may help; empty for "any". */
  readonly wakesOn: ReadonlySet<ClusterEvent>;
  readonly parkedAtMs: number;
}

const BACKOFF_MS_INITIAL = 1_000;
const BACKOFF_MS_MAX = 10_000;
/** Whatever the events say, look again after this long. */
const FLUSH_MS = 5 * 60_000;

/**
 * Pods that wait for a node, in three places: `active` (next to be tried, best first), `backoff` (tried lately, waiting out a
 * delay), `unschedulable` (waiting for a change that may help).
 */
export class SchedulingQueue {
  readonly #clock: Clock;
  readonly #active: Heap<QueuedPod>;
  readonly #inActive = new Set<string>();
  readonly #backoff = new Map<string, { queued: QueuedPod; timer: Timer }>();
  readonly #unschedulable = new Map<string, Parked>();
  /** Grows with every event: a pod that was being tried while something changed must not sleep through it. */
  readonly #events: { event: ClusterEvent; sequence: number }[] = [];
  #sequence = 0;
  #waiter: ((pod: QueuedPod | undefined) => void) | undefined;
  #isClosed = false;

  constructor(clock: Clock, sort: QueueSortPlugin) {
    this.#clock = clock;
    this.#active = new Heap((a, b) => (sort.isBefore(a, b) ? -1 : sort.isBefore(b, a) ? 1 : 0));
  }

  get depths(): { active: number; backoff: number; unschedulable: number } {
    return { active: this.#inActive.size, backoff: this.#backoff.size, unschedulable: this.#unschedulable.size };
  }

  add(pod: V1Pod): void {
    this.delete(pod.metadata.uid ?? "");
    this.#push({ pod, queuedAtMs: this.#clock.monotonicMs(), attempts: 0 });
  }

  /** A new version of a waiting pod; what changed may have been what kept it. */
  update(pod: V1Pod): void {
    const uid = pod.metadata.uid ?? "";
    const waiting = this.#backoff.get(uid)?.queued ?? this.#unschedulable.get(uid)?.queued;
    if (waiting) {
      this.delete(uid);
      this.#push({ ...waiting, pod });
    } else if (this.#inActive.has(uid)) {
      const [queued] = this.#active.items().filter((item) => item.pod.metadata.uid === uid);
      this.#active.remove((item) => item.pod.metadata.uid === uid);
      if (queued) this.#active.push({ ...queued, pod });
    }
  }

  delete(uid: string): void {
    if (this.#inActive.delete(uid)) this.#active.remove((item) => item.pod.metadata.uid === uid);
    this.#backoff.get(uid)?.timer.cancel();
    this.#backoff.delete(uid);
    this.#unschedulable.delete(uid);
  }

  /** The best waiting pod, and the point in the stream of events at which it was taken. Undefined once closed. */
  async take(): Promise<{ queued: QueuedPod; sequence: number } | undefined> {
    const queued = await this.#next();
    return queued && { queued: { ...queued, attempts: queued.attempts + 1 }, sequence: this.#sequence };
  }

  /** No node fits now. `since`: what `take` said; events that came in the meantime count. */
  park(queued: QueuedPod, wakesOn: ReadonlySet<ClusterEvent>, since: number): void {
    const hasMissed = this.#events.some(
      ({ event, sequence }) => sequence > since && (wakesOn.size === 0 || wakesOn.has(event)),
    );
    if (hasMissed) this.#delay(queued);
    else
      this.#unschedulable.set(queued.pod.metadata.uid ?? "", {
        queued,
        wakesOn,
        parkedAtMs: this.#clock.monotonicMs(),
      });
  }

  /** Something failed that another try may mend. */
  retry(queued: QueuedPod): void {
    this.#delay(queued);
  }

  /** Something changed: pods that it may help are tried again. */
  happened(event: ClusterEvent): void {
    this.#events.push({ event, sequence: ++this.#sequence });
    if (this.#events.length > 1000) this.#events.splice(0, 500);
    for (const [uid, parked] of this.#unschedulable) {
      if (parked.wakesOn.size > 0 && !parked.wakesOn.has(event)) continue;
      this.#unschedulable.delete(uid);
      this.#delay(parked.queued);
    }
  }

  /** Called now and then: nothing waits for ever. */
  flush(): void {
    for (const [uid, parked] of this.#unschedulable) {
      if (this.#clock.monotonicMs() - parked.parkedAtMs < FLUSH_MS) continue;
      this.#unschedulable.delete(uid);
      this.#push(parked.queued);
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const { timer } of this.#backoff.values()) timer.cancel();
    this.#waiter?.(undefined);
  }

  #next(): Promise<QueuedPod | undefined> {
    if (this.#isClosed) return Promise.resolve(undefined);
    const next = this.#active.pop();
    if (next) {
      this.#inActive.delete(next.pod.metadata.uid ?? "");
      return Promise.resolve(next);
    }
    return new Promise((resolve) => {
      this.#waiter = resolve;
    });
  }

  #push(queued: QueuedPod): void {
    const waiter = this.#waiter;
    if (waiter) {
      this.#waiter = undefined;
      waiter(queued);
      return;
    }
    this.#inActive.add(queued.pod.metadata.uid ?? "");
    this.#active.push(queued);
  }

  #delay(queued: QueuedPod): void {
    const uid = queued.pod.metadata.uid ?? "";
    const delayMs = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_INITIAL * 2 ** Math.max(0, queued.attempts - 1));
    this.#backoff.get(uid)?.timer.cancel();
    const timer = this.#clock.setTimer(delayMs, () => {
      this.#backoff.delete(uid);
      this.#push(queued);
    });
    this.#backoff.set(uid, { queued, timer });
  }
}
