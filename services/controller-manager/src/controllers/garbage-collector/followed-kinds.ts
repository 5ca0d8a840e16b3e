import type { KubeObject, OwnerReference } from "@drydock/apimachinery";
import { sleep } from "@drydock/base";
import { type ControllerContext, Informer } from "@drydock/client";
import {
  apiServices,
  customResourceDefinitions,
  type ResourceRef,
  type V1CustomResourceDefinition,
} from "@drydock/kube-api";
import { listAggregatedKinds } from "../aggregated-kinds.ts";
import { customKindOf } from "../custom-kinds.ts";
import { collectableResources } from "../namespaced-resources.ts";

/** The index of objects by the uids of their owners. */
export const ownerIndex = "owner-uid";
/** How often it is looked what other servers have, beside when an APIService changes; upstream looks as often at all kinds. */
const DISCOVERY_MS = 30_000;
const COLLECTABLE_VERBS = ["delete", "list", "watch"];

export function ownerUids({ metadata }: KubeObject): string[] {
  return (metadata.ownerReferences ?? []).map(({ uid }) => uid);
}

interface AddedInformer {
  readonly informer: Informer<KubeObject>;
  readonly stopping: AbortController;
}

type OnAdded = (informer: Informer<KubeObject>) => void;

/** All kinds whose objects may own or be owned: those that are always there, those that definitions add, and those of other servers. */
export class FollowedKinds {
  readonly #context: ControllerContext;
  /** By the name of their definition, or by that of the resource and its server's group-version. */
  readonly #added = new Map<string, AddedInformer>();
  #wake = () => {};

  constructor(context: ControllerContext) {
    this.#context = context;
  }

  get builtIn(): Informer<KubeObject>[] {
    return collectableResources.map((resource) => this.#context.informers.informer(resource));
  }

  get all(): Informer<KubeObject>[] {
    return [...this.builtIn, ...[...this.#added.values()].map(({ informer }) => informer)];
  }

  ofId(id: string): Informer<KubeObject> | undefined {
    return this.all.find(({ resource }) => `${resource.group}/${resource.resource}` === id);
  }

  ofOwner({ apiVersion, kind }: Pick<OwnerReference, "apiVersion" | "kind">): Informer<KubeObject> | undefined {
    const group = apiVersion.includes("/") ? (apiVersion.split("/")[0] as string) : "";
    return this.all.find(({ resource }) => resource.group === group && resource.kind === kind);
  }

  /** Follows definitions as they come, change and go. `onAdded` may hand in handlers; what a custom kind that goes still had is told as gone. */
  follow(signal: AbortSignal, onAdded: OnAdded, onGone: (object: KubeObject) => void): void {
    const update = (crd: V1CustomResourceDefinition) => this.#update(crd, signal, onAdded);
    this.#context.informers.informer(customResourceDefinitions).addHandler({
      onAdd: update,
      onUpdate: update,
      onDelete: ({ metadata }) => {
        for (const object of this.#remove(metadata.name)) onGone(object);
      },
    });
    const wake = () => this.#wake();
    this.#context.informers.informer(apiServices).addHandler({ onAdd: wake, onUpdate: wake, onDelete: wake });
    void this.#followAggregated(signal, onAdded);
    signal.addEventListener("abort", () => this.#stopAll(), { once: true });
  }

  #update(crd: V1CustomResourceDefinition, signal: AbortSignal, onAdded: OnAdded): void {
    if (!signal.aborted) this.#keep(crd.metadata.name, customKindOf(crd), onAdded);
  }

  /** Follows `kind` under this name, and nothing else that was followed under it. */
  #keep(name: string, kind: ResourceRef<KubeObject> | undefined, onAdded: OnAdded): void {
    const known = this.#added.get(name)?.informer.resource;
    if (kind?.version === known?.version && kind?.kind === known?.kind) return;
    this.#remove(name);
    if (!kind) return;
    const { client, clock, prng, logger } = this.#context;
    const informer = new Informer<KubeObject>({ client, clock, prng, logger }, kind);
    const stopping = new AbortController();
    informer.addIndex(ownerIndex, ownerUids);
    this.#added.set(name, { informer, stopping });
    onAdded(informer);
    void informer.run(stopping.signal);
  }

  async #followAggregated(signal: AbortSignal, onAdded: OnAdded): Promise<void> {
    const { clock, logger } = this.#context;
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await this.#lookAtOthers(signal, onAdded).catch((error: Error) =>
        logger.warn({ err: error.message }, "kinds of other servers not known"),
      );
      const waiting = new AbortController();
      const stop = AbortSignal.any([signal, waiting.signal]);
      await Promise.race([woken, sleep(clock, DISCOVERY_MS, stop).catch(() => {})]);
      waiting.abort();
    }
  }

  /** A kind whose server is away is followed on: what it had may still be there. */
  async #lookAtOthers(signal: AbortSignal, onAdded: OnAdded): Promise<void> {
    const { kinds, unknown } = await listAggregatedKinds(this.#context.client);
    if (signal.aborted) return;
    const wanted = new Map(
      kinds
        .filter(({ verbs }) => COLLECTABLE_VERBS.every((verb) => verbs.has(verb)))
        .map(({ resource }) => [aggregatedName(resource), resource]),
    );
    for (const [name, { informer }] of [...this.#added]) {
      const { group, version } = informer.resource;
      const isOthers = name === aggregatedName(informer.resource);
      if (isOthers && !wanted.has(name) && !unknown.includes(`${group}/${version}`)) this.#remove(name);
    }
    for (const [name, resource] of wanted) this.#keep(name, resource, onAdded);
  }

  /** What the kind had when it went. */
  #remove(name: string): KubeObject[] {
    const known = this.#added.get(name);
    if (!known) return [];
    known.stopping.abort(new Error("the kind is gone"));
    this.#added.delete(name);
    return known.informer.lister.list();
  }

  #stopAll(): void {
    for (const name of [...this.#added.keys()]) this.#remove(name);
  }
}

/** No definition is called so: their names have no slash. */
function aggregatedName({ group, version, resource }: ResourceRef<KubeObject>): string {
  return `${group}/${version}/${resource}`;
}
