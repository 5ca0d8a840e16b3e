import type { Logger } from "@drydock/component";
import type { V1APIService } from "@drydock/kube-api";
import { loopbackContext } from "../bootstrap/loopback-context.ts";
import { ensure } from "../bootstrap/reconcile.ts";
import { changesOf, RepeatedLook } from "../cache/repeated-look.ts";
import { servedGroups } from "../discovery/served-groups.ts";
import type { Registry, ResourceStore } from "../registry/registry.ts";
import { remove } from "../verbs/delete.ts";
import { update } from "../verbs/update.ts";
import type { VirtualResources } from "../virtual/virtual-resource.ts";
import { type LocalServiceAction, planLocalServices } from "./plan-local-services.ts";

/** Keeps the APIServices of what this server serves itself. */
export class LocalServices {
  readonly #registry: Registry;
  readonly #virtual: VirtualResources;
  readonly #store: ResourceStore;
  readonly #look: RepeatedLook;
  #isStarted = false;

  constructor(registry: Registry, virtual: VirtualResources, logger: Logger) {
    this.#registry = registry;
    this.#virtual = virtual;
    this.#store = registry.require("apiregistration.k8s.io", "v1", "apiservices");
    this.#look = new RepeatedLook(
      [(onChange) => registry.onChange(onChange), changesOf(this.#store.cache)],
      () => this.#keep(),
      ({ message }) => logger.warn({ err: message }, "APIServices of this server not written yet"),
    );
  }

  /** Those of all that was served at start are there. */
  get isReady(): boolean {
    return this.#isStarted;
  }

  start(): void {
    this.#look.start();
  }

  stop(): void {
    this.#look.stop();
  }

  async #keep(): Promise<void> {
    for (const action of this.#plan()) await this.#execute(action);
    this.#isStarted = true;
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
