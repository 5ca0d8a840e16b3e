import type { KubeObject } from "@drydock/apimachinery";
import { type ControllerContext, Informer } from "@drydock/client";
import { type ResourceRef, resourceQuotas } from "@drydock/kube-api";
import { type Evaluator, evaluatorOf } from "@drydock/resource-usage";
import { customKinds } from "../custom-kinds.ts";

interface Counted {
  readonly evaluator: Evaluator;
  readonly informer: Informer<KubeObject>;
  readonly stopping: AbortController;
}

/** The custom kinds that some quota counts, each followed for as long as one does. */
export class CountedKinds {
  readonly #context: ControllerContext;
  readonly #counted = new Map<string, Counted>();

  constructor(context: ControllerContext) {
    this.#context = context;
  }

  /** Those that a quota with these names counts. */
  counting(names: readonly string[]): readonly Counted[] {
    return [...this.#counted.values()].filter(({ evaluator }) => names.some((name) => evaluator.counts(name)));
  }

  /** Begins and ends what quotas and definitions now ask for. `onGone` hears of every object that has gone since. */
  update(onGone: (evaluator: Evaluator, object: KubeObject) => void): void {
    const { informers } = this.#context;
    const names = informers
      .informer(resourceQuotas)
      .lister.list()
      .flatMap(({ spec }) => Object.keys(spec?.hard ?? {}));
    const wanted = new Map<string, { kind: ResourceRef<KubeObject>; evaluator: Evaluator }>();
    for (const kind of customKinds(informers)) {
      const evaluator = kind.namespaced ? evaluatorOf(kind) : undefined;
      if (evaluator && names.some((name) => evaluator.counts(name))) wanted.set(keyOf(kind), { kind, evaluator });
    }
    for (const key of [...this.#counted.keys()]) if (!wanted.has(key)) this.#remove(key);
    for (const [key, { kind, evaluator }] of wanted) if (!this.#counted.has(key)) this.#add(kind, evaluator, onGone);
  }

  stop(): void {
    for (const key of [...this.#counted.keys()]) this.#remove(key);
  }

  #add(
    kind: ResourceRef<KubeObject>,
    evaluator: Evaluator,
    onGone: (evaluator: Evaluator, object: KubeObject) => void,
  ): void {
    const { client, clock, prng, logger } = this.#context;
    const informer = new Informer<KubeObject>({ client, clock, prng, logger }, kind);
    const stopping = new AbortController();
    this.#counted.set(keyOf(kind), { evaluator, informer, stopping });
    informer.addHandler({ onDelete: (object) => onGone(evaluator, object) });
    void informer.run(stopping.signal);
  }

  #remove(key: string): void {
    this.#counted.get(key)?.stopping.abort(new Error("counted no longer"));
    this.#counted.delete(key);
  }
}

function keyOf({ group, version, resource }: ResourceRef<KubeObject>): string {
  return `${group}/${version}/${resource}`;
}
