import { deepEqual, type KubeObject } from "@drydock/apimachinery";
import { sleep } from "@drydock/base";
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
  defineWatch,
  type Reconciler,
} from "@drydock/client";
import {
  customResourceDefinitions,
  events,
  type ResourceRef,
  resourceQuotas,
  type V1ResourceQuota,
} from "@drydock/kube-api";
import { type Evaluator, evaluatorOf, formatAmounts, usedOf } from "@drydock/resource-usage";
import { namespacedResources } from "../namespaced-resources.ts";
import { CountedKinds } from "./counted-kinds.ts";
import { planStatus } from "./plan-status.ts";

/** After this time a corrected quota is looked at once more. */
const SETTLE_MS = 2_000;
const countable = namespacedResources.filter(({ resource }) => resource !== events.resource);

/**
 * Counts what each quota's namespace uses. The API server books what is created; here it is seen what has gone, ended or shrunk, and every
 * `resyncMs` whether the books are right.
 */
export function resourceQuota(resyncMs: number): ControllerDefinition {
  return defineController({
    name: "resourcequota-controller",
    primary: resourceQuotas,
    // Objects that come are booked already: counting at every one of them, behind the caches, would undo bookings.
    watches: [
      defineWatch({ resource: customResourceDefinitions, keysFor: () => [] }),
      ...countable.map((resource) => defineWatch({ resource, keysFor: () => [] })),
    ],
    create: (context) => new ResourceQuotaReconciler(context, resyncMs),
  });
}

class ResourceQuotaReconciler implements Reconciler {
  readonly #context: ControllerContext;
  readonly #resyncMs: number;
  /** Quotas to be counted. A quota that merely changed need not be: most changes are the server's bookings, of objects that are not there yet. */
  readonly #due = new Set<string>();
  readonly #custom: CountedKinds;
  #enqueue: (key: string) => void = () => {};

  constructor(context: ControllerContext, resyncMs: number) {
    this.#context = context;
    this.#resyncMs = resyncMs;
    this.#custom = new CountedKinds(context);
  }

  async run(signal: AbortSignal, enqueue: (key: string) => void): Promise<void> {
    const { informers, clock } = this.#context;
    this.#enqueue = enqueue;
    for (const resource of countable) {
      const evaluator = evaluatorOf(resource);
      if (!evaluator) continue;
      const look = (object: KubeObject, isOfInterest: () => boolean) => {
        const keys = this.#keysCounting(evaluator, object.metadata.namespace);
        if (keys.length > 0 && isOfInterest()) for (const key of keys) this.#recount(key);
      };
      informers.informer(resource).addHandler({
        onAdd() {},
        onDelete: (object) => look(object, () => true),
        onUpdate: (object, old) => look(object, () => usesOtherwise(evaluator, old, object, clock.nowMs())),
      });
    }
    this.#followCustomKinds();
    await this.#recountEvery(this.#resyncMs, signal);
    this.#custom.stop();
  }

  #recount(key: string): void {
    this.#due.add(key);
    this.#enqueue(key);
  }

  async #recountEvery(intervalMs: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(this.#context.clock, intervalMs, signal).catch(() => {});
      for (const key of this.#keysOf(this.#context.informers.informer(resourceQuotas).lister.list()))
        this.#recount(key);
    }
  }

  /** Which kinds are counted is for quotas and definitions to say. A kind that is new may have objects that no quota has booked. */
  #followCustomKinds(): void {
    const { informers } = this.#context;
    const update = () =>
      this.#custom.update((evaluator, { metadata }) => {
        for (const key of this.#keysCounting(evaluator, metadata.namespace)) this.#recount(key);
      });
    informers.informer(resourceQuotas).addHandler({ onAdd: update, onUpdate: update, onDelete: update });
    informers.informer(customResourceDefinitions).addHandler({
      onAdd: update,
      onUpdate: update,
      onDelete: (crd) => {
        update();
        const evaluator = evaluatorOf({ group: crd.spec.group, resource: crd.spec.names.plural });
        if (evaluator) for (const key of this.#keysCounting(evaluator)) this.#recount(key);
      },
    });
  }

  async reconcile(key: string): Promise<undefined> {
    const { client, informers, clock } = this.#context;
    const quota = informers.informer(resourceQuotas).lister.getByKey(key);
    const isDue = this.#due.delete(key);
    if (!quota || quota.metadata.deletionTimestamp || (isCounted(quota) && !isDue)) return;
    const custom = await this.#customObjects(quota);
    const builtIn = countable.flatMap((resource) => {
      const evaluator = evaluatorOf(resource);
      return evaluator ? [[evaluator, this.#list(resource, quota)] as const] : [];
    });
    const status = planStatus(quota, usedOf(quota, [...builtIn, ...custom], clock.nowMs()));
    if (!status) return;
    try {
      await client.updateSubresource(resourceQuotas, quota.metadata, "status", { ...quota, status });
    } catch (error) {
      this.#due.add(key);
      throw error;
    }
    // What was booked and not yet in the caches has been left out.
    clock.setTimer(SETTLE_MS, () => this.#recount(key));
  }

  *#list(resource: ResourceRef<KubeObject>, { metadata }: V1ResourceQuota): Generator<KubeObject> {
    yield* this.#context.informers.informer(resource).lister.list(metadata.namespace);
  }

  /** Of a kind that has only begun to be followed, the server is asked. */
  async #customObjects({ metadata, spec }: V1ResourceQuota): Promise<(readonly [Evaluator, KubeObject[]])[]> {
    const { namespace = "" } = metadata;
    return Promise.all(
      this.#custom.counting(Object.keys(spec?.hard ?? {})).map(async ({ evaluator, informer }) => {
        if (informer.hasSynced) return [evaluator, [...informer.lister.list(namespace)]] as const;
        const { items } = await this.#context.client.list(informer.resource, { namespace });
        return [evaluator, items] as const;
      }),
    );
  }

  #keysCounting(evaluator: Evaluator, namespace?: string): string[] {
    const all = this.#context.informers.informer(resourceQuotas).lister.list(namespace);
    return this.#keysOf(all.filter(({ spec }) => Object.keys(spec?.hard ?? {}).some((name) => evaluator.counts(name))));
  }

  #keysOf(quotas: readonly V1ResourceQuota[]): string[] {
    return quotas.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  }
}

/** It has been counted since its limits were last changed. */
function isCounted({ spec, status }: V1ResourceQuota): boolean {
  return status?.used !== undefined && deepEqual(status.hard, spec?.hard ?? {});
}

/** Those that an object may come into and leave; a quota of the other side then has room that it has not heard of. */
const CHANGING_SCOPES = ["Terminating", "BestEffort"].map((scopeName) => ({ scopeName, operator: "Exists" }));

function usesOtherwise(evaluator: Evaluator, old: KubeObject, object: KubeObject, nowMs: number): boolean {
  const text = (of: KubeObject) => JSON.stringify(formatAmounts(evaluator.usage(of, nowMs)));
  const isElsewhere = CHANGING_SCOPES.some(
    (scope) => evaluator.isInScope(old, scope) !== evaluator.isInScope(object, scope),
  );
  return isElsewhere || text(old) !== text(object);
}
