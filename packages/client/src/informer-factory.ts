import type { KubeObject } from "@drydock/apimachinery";
import type { ResourceRef } from "@drydock/kube-api";
import { Informer, type InformerContext, type InformerScope } from "./informer.ts";

/** One informer a resource and scope, shared by everybody in the process. */
export class InformerFactory {
  readonly #context: InformerContext;
  readonly #informers = new Map<string, Informer<KubeObject>>();
  #signal: AbortSignal | undefined;
  readonly #running: Promise<void>[] = [];

  constructor(context: InformerContext) {
    this.#context = context;
  }

  informer<T extends KubeObject>(resource: ResourceRef<T>, scope: InformerScope = {}): Informer<T> {
    const key = JSON.stringify([resource.group, resource.version, resource.resource, scope]);
    let informer = this.#informers.get(key) as Informer<T> | undefined;
    if (!informer) {
      informer = new Informer(this.#context, resource, scope);
      this.#informers.set(key, informer as unknown as Informer<KubeObject>);
      if (this.#signal) this.#running.push(informer.run(this.#signal));
    }
    return informer;
  }

  /** Starts every informer asked for so far, and those asked for later as they come. */
  start(signal: AbortSignal): void {
    if (this.#signal) return;
    this.#signal = signal;
    for (const informer of this.#informers.values()) this.#running.push(informer.run(signal));
  }

  /** Resolves when every informer asked for so far has its first list. */
  async waitForSync(): Promise<void> {
    await Promise.all([...this.#informers.values()].map((informer) => informer.synced));
  }

  get hasSynced(): boolean {
    return [...this.#informers.values()].every((informer) => informer.hasSynced);
  }

  /** Resolves when all have stopped after the signal. */
  async stopped(): Promise<void> {
    await Promise.all(this.#running);
  }
}
