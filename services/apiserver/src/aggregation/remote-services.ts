import { deepEqual } from "@drydock/apimachinery";
import { type BackoffPolicy, backoffDelayMs } from "@drydock/base";
import type { Logger } from "@drydock/component";
import type { V1APIService, V1APIServiceCondition } from "@drydock/kube-api";
import { loopbackContext } from "../bootstrap/loopback-context.ts";
import type { RemoteGroup } from "../discovery/list-groups.ts";
import { timestamp } from "../registry/object-meta.ts";
import type { Registry, ResourceStore } from "../registry/registry.ts";
import { update } from "../verbs/update.ts";
import type { Availability } from "./check-service.ts";
import { probeService } from "./probe-service.ts";
import type { RemoteConnections } from "./remote-connections.ts";
import { type DiscoveredResource, fetchDiscovery } from "./remote-discovery.ts";
import { fetchOpenApi, noDocuments, type RemoteDocuments } from "./remote-openapi.ts";

/** One that works is looked at again after this time; one that does not sooner, and ever later while it does not. */
const LOOK_AGAIN_MS = 30_000;
const RETRY: BackoffPolicy = { initialMs: 5, maxMs: LOOK_AGAIN_MS, factor: 2, jitter: 0 };

/** What clients are told of a group-version that another server has. */
export interface DocumentedGroup extends RemoteGroup {
  readonly documents: RemoteDocuments;
}

interface Known {
  isAvailable: boolean;
  resources: readonly DiscoveredResource[];
  documents: RemoteDocuments;
  timer: NodeJS.Timeout | undefined;
  running: Promise<void> | undefined;
  isPending: boolean;
  /** In a row. */
  failures: number;
}

/** Follows the APIServices whose group-version another server has: whether it is there, and what it says it has. */
export class RemoteServices {
  readonly #registry: Registry;
  readonly #store: ResourceStore;
  readonly #connections: RemoteConnections;
  readonly #logger: Logger;
  readonly #known = new Map<string, Known>();
  readonly #unlisten: (() => void)[] = [];
  #version = 0;
  #isStopped = false;

  constructor(registry: Registry, connections: RemoteConnections, logger: Logger) {
    this.#registry = registry;
    this.#store = registry.require("apiregistration.k8s.io", "v1", "apiservices");
    this.#connections = connections;
    this.#logger = logger;
  }

  /** Grows whenever `groups` are others. */
  get version(): number {
    return this.#version;
  }

  groups(): readonly DocumentedGroup[] {
    return this.#all().map((apiService) => {
      const { group = "", version = "", groupPriorityMinimum, versionPriority } = apiService.spec ?? {};
      const known = this.#known.get(apiService.metadata.name);
      return {
        name: group,
        version,
        priority: { group: groupPriorityMinimum ?? 0, version: versionPriority ?? 0 },
        freshness: known?.isAvailable ? "Current" : "Stale",
        resources: known?.resources ?? [],
        documents: known?.documents ?? noDocuments,
      };
    });
  }

  /** The APIService that says that another server has this path. */
  find(path: string): V1APIService | undefined {
    const match = /^\/apis\/([^/]+)\/([^/]+)(?:\/|$)/.exec(path);
    if (!match) return undefined;
    const found = this.#registry.cached<V1APIService>(this.#store, "", `${match[2]}.${match[1]}`);
    return found?.spec?.service ? found : undefined;
  }

  start(): void {
    const services = this.#registry.require("", "v1", "services").cache;
    const slices = this.#registry.require("discovery.k8s.io", "v1", "endpointslices").cache;
    const all = () => {
      for (const name of [...this.#known.keys(), ...this.#all().map(({ metadata }) => metadata.name)]) this.look(name);
    };
    this.#unlisten.push(
      this.#store.cache.listen({
        onEvent: ({ object, previous }) => {
          const apiService = (object ?? previous)?.object as V1APIService;
          if (apiService.spec?.service || this.#known.has(apiService.metadata.name))
            this.look(apiService.metadata.name);
        },
        onReset: all,
      }),
      services.listen({
        onEvent: ({ object, previous }) => {
          const { namespace, name } = ((object ?? previous)?.object ?? { metadata: {} }).metadata;
          this.#lookAtService(namespace, name);
        },
        onReset: all,
      }),
      slices.listen({
        onEvent: ({ object, previous }) => {
          const { namespace, labels } = ((object ?? previous)?.object ?? { metadata: {} }).metadata;
          this.#lookAtService(namespace, labels?.["kubernetes.io/service-name"]);
        },
        onReset: all,
      }),
    );
    all();
  }

  stop(): void {
    this.#isStopped = true;
    for (const unlisten of this.#unlisten) unlisten();
    for (const { timer } of this.#known.values()) clearTimeout(timer);
  }

  /** Looks at it anew, once more if a look is under way. */
  look(name: string): void {
    if (this.#isStopped) return;
    const known = this.#known.get(name) ?? newlyKnown();
    this.#known.set(name, known);
    known.isPending = true;
    clearTimeout(known.timer);
    known.running ??= this.#run(name, known).finally(() => {
      known.running = undefined;
    });
  }

  #lookAtService(namespace: string | undefined, name: string | undefined): void {
    for (const { metadata, spec } of this.#all())
      if (spec?.service?.namespace === namespace && spec?.service?.name === name) this.look(metadata.name);
  }

  #all(): V1APIService[] {
    return [...this.#store.cache.scan()]
      .map(({ object }) => object as V1APIService)
      .filter(({ spec }) => spec?.service !== undefined);
  }

  async #run(name: string, known: Known): Promise<void> {
    while (known.isPending && !this.#isStopped) {
      known.isPending = false;
      const apiService = this.#registry.cached<V1APIService>(this.#store, "", name);
      if (!apiService?.spec?.service) {
        this.#known.delete(name);
        this.#version++;
        return;
      }
      const verdict = await probeService(this.#connections, apiService);
      const isChanged = await this.#writeCondition(apiService, verdict).catch((error: Error) => {
        this.#logger.warn({ name, err: error.message }, "status of an APIService not written yet");
        return false;
      });
      // Our own write comes back as an event; it says nothing new.
      if (isChanged) known.isPending = false;
      await this.#learn(apiService, known, verdict);
      known.failures = known.isAvailable ? 0 : known.failures + 1;
    }
    const { prng } = this.#registry.ports;
    const delayMs = known.failures === 0 ? LOOK_AGAIN_MS : backoffDelayMs(RETRY, known.failures - 1, prng);
    if (!this.#isStopped) known.timer = setTimeout(() => this.look(name), delayMs);
  }

  /** Whether there was something to write. */
  async #writeCondition({ metadata: { name }, status }: V1APIService, verdict: Availability): Promise<boolean> {
    const before = status?.conditions?.find(({ type }) => type === "Available");
    if (before && deepEqual(pick(before), verdict)) return false;
    const context = loopbackContext();
    const isSame = before?.status === verdict.status;
    const lastTransitionTime = (isSame && before?.lastTransitionTime) || timestamp(context.nowMs);
    await update(this.#store, {
      namespace: "",
      name,
      subresource: "status",
      isDryRun: false,
      context,
      mayCreate: "never",
      next: (current) => {
        const object = current as V1APIService;
        const others = (object.status?.conditions ?? []).filter(({ type }) => type !== "Available");
        const condition = { type: "Available", lastTransitionTime, ...verdict };
        return { ...object, status: { ...object.status, conditions: [...others, condition] } };
      },
    });
    if (!isSame) this.#logger.info({ name, ...verdict }, "availability of an APIService changed");
    return true;
  }

  async #learn(apiService: V1APIService, known: Known, { status }: Availability): Promise<void> {
    const before = { ...known };
    known.isAvailable = status === "True";
    if (known.isAvailable) {
      try {
        known.resources = await fetchDiscovery(this.#connections, apiService);
        known.documents = await fetchOpenApi(this.#connections, apiService, known.documents);
      } catch (error) {
        known.isAvailable = false;
        this.#logger.warn({ name: apiService.metadata.name, err: (error as Error).message }, "discovery failed");
      }
    }
    const isSame =
      before.isAvailable === known.isAvailable &&
      before.documents === known.documents &&
      deepEqual(before.resources, known.resources);
    if (!isSame) this.#version++;
  }
}

function pick({ status, reason, message }: V1APIServiceCondition) {
  return { status, reason: reason ?? "", message: message ?? "" };
}

function newlyKnown(): Known {
  return {
    isAvailable: false,
    resources: [],
    documents: noDocuments,
    timer: undefined,
    running: undefined,
    isPending: false,
    failures: 0,
  };
}
