import type { Logger } from "@drydock/component";
import type { V1APIService } from "@drydock/kube-api";
import { loopbackContext } from "../bootstrap/loopback-context.ts";
import { ensure } from "../bootstrap/reconcile.ts";
import { servedGroups } from "../discovery/served-groups.ts";
import type { Registry, ResourceStore } from "../registry/registry.ts";
import { remove } from "../verbs/delete.ts";
import { update } from "../verbs/update.ts";
import type { VirtualResources } from "../virtual/virtual-resource.ts";
import { type LocalServiceAction, planLocalServices } from "./plan-local-services.ts";

const RETRY_MS = 1000;

/** Keeps the APIServices of what this server serves itself. */
export class LocalServices {
  readonly #registry: Registry;
  readonly #virtual: VirtualResources;
  readonly #store: ResourceStore;
  readonly #logger: Logger;
  readonly #unlisten: (() => void)[] = [];
  #running: Promise<void> | undefined;
  #isPending = false;
  #isStarted = false;
  #isStopped = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(registry: Registry, virtual: VirtualResources, logger: Logger) {
    this.#registry = registry;
    this.#virtual = virtual;
    this.#store = registry.require("apiregistration.k8s.io", "v1", "apiservices");
    this.#logger = logger;
  }

  /** Those of all that was served at start are there. */
  get isReady(): boolean {
    return this.#isStarted;
  }

  start(): void {
    this.#unlisten.push(
      this.#registry.onChange(() => this.#wake()),
      this.#store.cache.listen({ onEvent: () => this.#wake(), onReset: () => this.#wake() }),
    );
    this.#wake();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    for (const unlisten of this.#unlisten) unlisten();
  }

  #wake(): void {
    this.#isPending = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  async #run(): Promise<void> {
    // What an event says of a write of our own comes in the same turn: one look serves many.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#isPending && !this.#isStopped) {
      this.#isPending = false;
      try {
        for (const action of this.#plan()) await this.#execute(action);
        this.#isStarted = true;
      } catch (error) {
        this.#logger.warn({ err: (error as Error).message }, "APIServices of this server not written yet");
        this.#timer = setTimeout(() => this.#wake(), RETRY_MS);
        return;
      }
    }
  }

  #plan(): readonly LocalServiceAction[] {
    const current = [...this.#store.cache.scan()].map(({ object }) => object as V1APIService);
    return planLocalServices(servedGroups(this.#registry, this.#virtual), current, !this.#isStarted);
  }

  async #execute(action: LocalServiceAction): Promise<void> {
    const context = loopbackContext();
    if (action.kind === "create") return ensure(this.#store, action.object);
    if (action.kind === "delete") {
      const options = {
        dryRun: false,
        gracePeriodSeconds: undefined,
        propagationPolicy: undefined,
        preconditions: undefined,
      };
      await remove(this.#store, { namespace: "", name: action.name, options, context }).catch(() => {});
      return;
    }
    await update(this.#store, {
      namespace: "",
      name: action.object.metadata.name,
      subresource: "",
      isDryRun: false,
      context,
      mayCreate: "never",
      next: () => structuredClone(action.object),
    });
  }
}
