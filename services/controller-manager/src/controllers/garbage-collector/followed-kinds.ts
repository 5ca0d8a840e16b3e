import type { KubeObject, OwnerReference } from "@drydock/apimachinery";
import { type ControllerContext, Informer } from "@drydock/client";
import { customResourceDefinitions, type V1CustomResourceDefinition } from "@drydock/kube-api";
import { customKindOf } from "../custom-kinds.ts";
import { collectableResources } from "../namespaced-resources.ts";

/** The index of objects by the uids of their owners. */
export const ownerIndex = "owner-uid";

export function ownerUids({ metadata }: KubeObject): string[] {
  return (metadata.ownerReferences ?? []).map(({ uid }) => uid);
}

interface CustomInformer {
  readonly informer: Informer<KubeObject>;
  readonly stopping: AbortController;
}

/** All kinds whose objects may own or be owned: those that are always there, and those that definitions add while we run. */
export class FollowedKinds {
  readonly #context: ControllerContext;
  readonly #custom = new Map<string, CustomInformer>();

  constructor(context: ControllerContext) {
    this.#context = context;
  }

  get builtIn(): Informer<KubeObject>[] {
    return collectableResources.map((resource) => this.#context.informers.informer(resource));
  }

  get all(): Informer<KubeObject>[] {
    return [...this.builtIn, ...[...this.#custom.values()].map(({ informer }) => informer)];
  }

  ofId(id: string): Informer<KubeObject> | undefined {
    return this.all.find(({ resource }) => `${resource.group}/${resource.resource}` === id);
  }

  ofOwner({ apiVersion, kind }: Pick<OwnerReference, "apiVersion" | "kind">): Informer<KubeObject> | undefined {
    const group = apiVersion.includes("/") ? (apiVersion.split("/")[0] as string) : "";
    return this.all.find(({ resource }) => resource.group === group && resource.kind === kind);
  }

  /** Follows definitions as they come, change and go. `onAdded` may hand in handlers; what a kind that goes still had is told as gone. */
  follow(
    signal: AbortSignal,
    onAdded: (informer: Informer<KubeObject>) => void,
    onGone: (object: KubeObject) => void,
  ): void {
    const update = (crd: V1CustomResourceDefinition) => this.#update(crd, signal, onAdded);
    this.#context.informers.informer(customResourceDefinitions).addHandler({
      onAdd: update,
      onUpdate: update,
      onDelete: ({ metadata }) => {
        for (const object of this.#remove(metadata.name)) onGone(object);
      },
    });
    signal.addEventListener("abort", () => this.#stopAll(), { once: true });
  }

  #update(
    crd: V1CustomResourceDefinition,
    signal: AbortSignal,
    onAdded: (informer: Informer<KubeObject>) => void,
  ): void {
    const { name } = crd.metadata;
    const kind = customKindOf(crd);
    const known = this.#custom.get(name)?.informer.resource;
    if (signal.aborted || (kind?.version === known?.version && kind?.kind === known?.kind)) return;
    this.#remove(name);
    if (!kind) return;
    const { client, clock, prng, logger } = this.#context;
    const informer = new Informer<KubeObject>({ client, clock, prng, logger }, kind);
    const stopping = new AbortController();
    informer.addIndex(ownerIndex, ownerUids);
    this.#custom.set(name, { informer, stopping });
    onAdded(informer);
    void informer.run(stopping.signal);
  }

  /** What the kind had when it went. */
  #remove(name: string): KubeObject[] {
    const known = this.#custom.get(name);
    if (!known) return [];
    known.stopping.abort(new Error("the kind is gone"));
    this.#custom.delete(name);
    return known.informer.lister.list();
  }

  #stopAll(): void {
    for (const name of [...this.#custom.keys()]) this.#remove(name);
  }
}
