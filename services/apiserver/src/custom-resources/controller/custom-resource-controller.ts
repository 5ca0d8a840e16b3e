import { deepEqual, type KubeObject, methodNotSupported, StatusError } from "@drydock/apimachinery";
import type { Logger } from "@drydock/component";
import type { V1CustomResourceDefinition } from "@drydock/kube-api";
import { loopbackUser } from "../../authentication/user-info.ts";
import type { CacheEvent } from "../../cache/watch-cache.ts";
import type { CallContext } from "../../registry/call.ts";
import type { ResourceDefinition } from "../../registry/definition.ts";
import { timestamp } from "../../registry/object-meta.ts";
import type { Registry, ResourceStore, WriteHook } from "../../registry/registry.ts";
import { update } from "../../verbs/update.ts";
import type { ConvertObjects } from "../conversion/custom-conversion.ts";
import { defineCustomKinds } from "../define-custom-kinds.ts";
import { crdGroup, isTrue, storagePrefixOf, storageVersionOf } from "../definition-types.ts";
import { deleteInstances, noteDeletion } from "./clean-up.ts";
import { planStatus } from "./plan-status.ts";

const retryMs = 1000;

/** What of a definition decides how its objects are served: when this changes, its kinds are served anew and watches end. */
interface Served {
  readonly basis: unknown;
  readonly definitions: readonly ResourceDefinition[];
}

/** Follows the definitions of custom kinds: accepts their names, serves their objects, and clears up behind those that go. */
export class CustomResourceController {
  readonly #registry: Registry;
  readonly #crds: ResourceStore;
  readonly #convert: ConvertObjects;
  readonly #log: Logger;
  readonly #served = new Map<string, Served>();
  readonly #pending = new Set<string>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #isReady = false;
  #unlisten: (() => void) | undefined;

  constructor(registry: Registry, convert: ConvertObjects, log: Logger) {
    this.#registry = registry;
    this.#crds = registry.require(crdGroup, "v1", "customresourcedefinitions");
    this.#convert = convert;
    this.#log = log;
  }

  /** All kinds that were established when the server started are served. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Resolves when what is there is served. The caches must be filled. */
  async start(): Promise<void> {
    this.#unlisten = this.#crds.cache.listen({
      onEvent: (event) => this.#onEvent(event),
      onReset: () => this.#enqueueAll(),
    });
    this.#enqueueAll();
    await this.#run();
    this.#isReady = true;
  }

  stop(): void {
    this.#stopping.abort(new Error("stopping"));
    this.#unlisten?.();
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #onEvent({ object, previous }: CacheEvent): void {
    const crd = (object ?? previous)?.object as V1CustomResourceDefinition | undefined;
    if (!crd) return;
    // Names that one gives up, others of its group may be waiting for.
    for (const { metadata, spec } of this.#all()) if (spec.group === crd.spec.group) this.#pending.add(metadata.name);
    this.#pending.add(crd.metadata.name);
    void this.#run();
  }

  #enqueueAll(): void {
    for (const { metadata } of this.#all()) this.#pending.add(metadata.name);
    for (const name of this.#served.keys()) this.#pending.add(name);
    void this.#run();
  }

  #all(): V1CustomResourceDefinition[] {
    return [...this.#crds.cache.scan()].map(({ object }) => object as V1CustomResourceDefinition);
  }

  /** One at a time, until nothing is pending. */
  #run(): Promise<void> {
    this.#running ??= this.#drain().then(() => {
      this.#running = undefined;
      // What came in the turn in which the last one ended.
      return this.#pending.size > 0 && !this.#stopping.signal.aborted ? this.#run() : undefined;
    });
    return this.#running;
  }

  async #drain(): Promise<void> {
    for (const name of this.#pending) {
      if (this.#stopping.signal.aborted) break;
      this.#pending.delete(name);
      try {
        await this.#reconcile(name);
      } catch (error) {
        if (this.#stopping.signal.aborted) break;
        this.#log.warn(
          { err: (error as Error).message, crd: name },
          "custom resource definition not handled; trying again",
        );
        this.#later(name);
      }
    }
  }

  #later(name: string): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#pending.add(name);
      void this.#run();
    }, retryMs);
    this.#timers.add(timer);
  }

  async #reconcile(name: string): Promise<void> {
    const crd = this.#registry.cached<V1CustomResourceDefinition>(this.#crds, "", name);
    if (!crd) return this.#withdraw(name);
    const planned = planStatus(crd, this.#all(), timestamp(Date.now()));
    if (isTrue(planned, "Established")) await this.#serve(planned);
    if (!deepEqual(planned.status, crd.status)) await this.#writeStatus(planned);
    if (crd.metadata.deletionTimestamp) await this.#cleanUp(crd);
  }

  #withdraw(name: string): void {
    const served = this.#served.get(name);
    if (!served) return;
    this.#served.delete(name);
    this.#registry.replaceOwned(name, []);
    const prefix = served.definitions[0]?.storagePrefix;
    if (prefix) this.#registry.ports.feed.closeCache(prefix);
  }

  async #serve(crd: V1CustomResourceDefinition): Promise<void> {
    const { name, uid, generation, deletionTimestamp } = crd.metadata;
    const basis = { uid, generation, names: crd.status?.acceptedNames, isTerminating: deletionTimestamp !== undefined };
    if (deepEqual(this.#served.get(name)?.basis, basis)) return;
    await this.#registry.ports.feed.openCache(storagePrefixOf(crd));
    const definitions = defineCustomKinds(crd, this.#convert);
    const isServed = new Set(crd.spec.versions.filter(({ served }) => served).map((version) => version.name));
    this.#registry.replaceOwned(
      name,
      definitions.filter(({ version }) => isServed.has(version)),
    );
    this.#served.set(name, { basis, definitions });
    if (!basis.isTerminating) return;
    for (const { version, resource } of definitions) {
      const store = this.#registry.find(crd.spec.group, version, resource);
      if (store) this.#registry.setHook(store, refuseCreation(store));
    }
  }

  async #writeStatus(planned: V1CustomResourceDefinition): Promise<void> {
    await update(this.#crds, {
      namespace: "",
      name: planned.metadata.name,
      subresource: "status",
      isDryRun: false,
      context: this.#context(),
      mayCreate: "never",
      next: () => structuredClone(planned) as KubeObject,
    }).catch(ignoreStale);
  }

  async #cleanUp(crd: V1CustomResourceDefinition): Promise<void> {
    const { name } = crd.metadata;
    const storage = this.#served.get(name)?.definitions.find(({ version }) => version === storageVersionOf(crd).name);
    const isEmpty = storage ? await deleteInstances(this.#registry.detached(storage), this.#context()) : true;
    await noteDeletion(this.#crds, name, isEmpty, this.#context()).catch(ignoreStale);
    if (!isEmpty) this.#later(name);
  }

  #context(): CallContext {
    return {
      user: loopbackUser,
      nowMs: Date.now(),
      signal: this.#stopping.signal,
      fieldManager: "kube-apiserver",
      isComponent: true,
      warn: () => {},
    };
  }
}

/** Somebody was faster; the event of what they wrote comes, and with it the next look. */
function ignoreStale(error: unknown): void {
  if (error instanceof StatusError && (error.code === 409 || error.code === 404)) return;
  throw error;
}

function refuseCreation({ groupResource }: ResourceStore): WriteHook {
  return {
    beforeCreate() {
      throw terminatingError(groupResource);
    },
    beforeUpdate: () => undefined,
    afterDelete: () => {},
  };
}

function terminatingError(groupResource: ResourceStore["groupResource"]): StatusError {
  const { status } = methodNotSupported(groupResource, "create");
  return new StatusError({ ...status, message: "create not allowed while custom resource definition is terminating" });
}
