import type { Clock } from "@drydock/base";
import type { Informer } from "@drydock/client";
import type { V1Pod } from "@drydock/kube-api";

/** As upstream: after this time a lost event is taken for lost, and the key works from what the cache shows. */
const TIMEOUT_MS = 5 * 60 * 1000;

/**
 * What a controller has done that its pod cache does not show yet. While anything is pending for a key, creating or deleting more
 * from the stale cache would overshoot.
 */
export class Expectations {
  readonly #clock: Clock;
  readonly #pending = new Map<string, { uids: Set<string>; sinceMs: number }>();
  readonly #keyOf = new Map<string, string>();
  readonly #pods: Informer<V1Pod>;

  constructor(clock: Clock, podInformer: Informer<V1Pod>) {
    this.#clock = clock;
    this.#pods = podInformer;
    podInformer.addHandler({
      onAdd: (pod) => this.#observe(`created ${pod.metadata.uid}`),
      onUpdate: (pod) => {
        if (pod.metadata.deletionTimestamp) this.#observe(`deleted ${pod.metadata.uid}`);
      },
      onDelete: (pod) => {
        this.#observe(`created ${pod.metadata.uid}`);
        this.#observe(`deleted ${pod.metadata.uid}`);
      },
    });
  }

  /** Call with the server's answer: the watch event may already have come. */
  expectCreated(key: string, pod: V1Pod): void {
    const cached = this.#pods.lister.get(pod.metadata.namespace ?? "", pod.metadata.name);
    if (cached?.metadata.uid !== pod.metadata.uid) this.#expect(key, `created ${pod.metadata.uid}`);
  }

  /** Call before deleting, and `unexpectDeleted` if that fails. */
  expectDeleted(key: string, pod: V1Pod): void {
    this.#expect(key, `deleted ${pod.metadata.uid}`);
  }

  unexpectDeleted(pod: V1Pod): void {
    this.#observe(`deleted ${pod.metadata.uid}`);
  }

  isSatisfied(key: string): boolean {
    const pending = this.#pending.get(key);
    if (!pending) return true;
    if (this.#clock.monotonicMs() - pending.sinceMs < TIMEOUT_MS) return false;
    this.forget(key);
    return true;
  }

  forget(key: string): void {
    for (const what of this.#pending.get(key)?.uids ?? []) this.#keyOf.delete(what);
    this.#pending.delete(key);
  }

  #expect(key: string, what: string): void {
    const sinceMs = this.#clock.monotonicMs();
    const pending = this.#pending.get(key) ?? { uids: new Set(), sinceMs };
    pending.uids.add(what);
    this.#pending.set(key, { ...pending, sinceMs });
    this.#keyOf.set(what, key);
  }

  #observe(what: string): void {
    const key = this.#keyOf.get(what);
    if (key === undefined) return;
    this.#keyOf.delete(what);
    const pending = this.#pending.get(key);
    pending?.uids.delete(what);
    if (pending?.uids.size === 0) this.#pending.delete(key);
  }
}
