import type { Informer } from "@drydock/client";
import type { V1Pod } from "@drydock/kube-api";
import { isTracked } from "./job-state.ts";

/** Pods whose finalizer we have taken off and whose cached state still shows it: they must not be counted twice. */
export class FinalizerRemovals {
  readonly #pending = new Map<string, Set<string>>();
  readonly #keyOf = new Map<string, string>();

  constructor(podInformer: Informer<V1Pod>) {
    podInformer.addHandler({
      onUpdate: (pod) => {
        if (!isTracked(pod)) this.observe(pod.metadata.uid ?? "");
      },
      onDelete: (pod) => this.observe(pod.metadata.uid ?? ""),
    });
  }

  pendingOf(key: string): ReadonlySet<string> {
    return new Set(this.#pending.get(key));
  }

  /** Call before the finalizers are taken off, and `observe` for each that could not be. */
  expect(key: string, uids: readonly string[]): void {
    const pending = this.#pending.get(key) ?? new Set();
    for (const uid of uids) {
      pending.add(uid);
      this.#keyOf.set(uid, key);
    }
    if (pending.size > 0) this.#pending.set(key, pending);
  }

  observe(uid: string): void {
    const key = this.#keyOf.get(uid);
    if (key === undefined) return;
    this.#keyOf.delete(uid);
    const pending = this.#pending.get(key);
    pending?.delete(uid);
    if (pending?.size === 0) this.#pending.delete(key);
  }

  forget(key: string): void {
    for (const uid of this.#pending.get(key) ?? []) this.#keyOf.delete(uid);
    this.#pending.delete(key);
  }
}
