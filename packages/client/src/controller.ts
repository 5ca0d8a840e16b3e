import { type KubeObject, StatusError } from "@drydock/apimachinery";
import type { Clock, Prng } from "@drydock/base";
import { type Logger, withTrace } from "@drydock/component";
import type { ResourceRef } from "@drydock/kube-api";
import type { ApiClient } from "./api-client.ts";
import type { EventRecorder } from "./event-recorder.ts";
import type { Informer } from "./informer.ts";
import type { InformerFactory } from "./informer-factory.ts";
import { type Index, objectKey } from "./store.ts";
import { WorkQueue } from "./work-queue.ts";

/** What every controller is given. */
export interface ControllerContext {
  readonly client: ApiClient;
  readonly informers: InformerFactory;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly logger: Logger;
  recorderFor(component: string): EventRecorder;
}

/** Another resource whose changes concern this controller's keys. */
export interface Watch<T extends KubeObject = KubeObject> {
  readonly resource: ResourceRef<T>;
  /** The keys to reconcile when `object` changed. On an update it is asked about both the old and the new state. */
  keysFor(object: T): readonly string[];
}

export interface ReconcileResult {
  /** Look again after this time even if nothing changes. */
  readonly requeueAfterMs?: number;
}

/**
 * One controller: which objects it brings to their desired state (`primary`), which it makes for them (`owns`: found by their
 * controller owner reference), what else it watches, and how it reconciles one key. Level-driven: `reconcile` may be called at any
 * time, any number of times, and looks only at the caches and the server.
 */
export interface ControllerDefinition {
  readonly name: string;
  readonly primary: ResourceRef<KubeObject>;
  readonly owns?: readonly ResourceRef<KubeObject>[];
  readonly watches?: readonly Watch[];
  readonly indexes?: readonly { resource: ResourceRef<KubeObject>; name: string; values: Index<KubeObject> }[];
  /** Keys worked on at the same time; default 5. */
  readonly workers?: number;
  /** Called once, before the first reconcile; what it returns serves all reconciles. */
  readonly create: (context: ControllerContext) => Reconciler;
}

export interface Reconciler {
  /** A rejection is logged and the key retried with back-off; conflicts are retried quietly. */
  reconcile(key: string, signal: AbortSignal): Promise<ReconcileResult | undefined>;
  /** Work beside the queue: periodic sweeps and the like; ends when aborted. */
  run?(signal: AbortSignal, enqueue: (key: string) => void): Promise<void>;
}

/** The identity function with the right types: a watch whose mapping knows its resource. */
export function defineWatch<T extends KubeObject>(watch: Watch<T>): Watch {
  return watch as unknown as Watch;
}

export function defineIndex<T extends KubeObject>(resource: ResourceRef<T>, name: string, values: Index<T>) {
  return { resource: resource as unknown as ResourceRef<KubeObject>, name, values: values as Index<KubeObject> };
}

export function defineController(definition: ControllerDefinition): ControllerDefinition {
  return definition;
}

/** Runs one controller until aborted: wires its informers to its queue, waits for the caches, then works the queue. */
export async function runController(
  definition: ControllerDefinition,
  context: ControllerContext,
  signal: AbortSignal,
): Promise<void> {
  const queue = new WorkQueue(context.clock, context.prng);
  const logger = context.logger.child({ controller: definition.name });
  const reconciler = definition.create({ ...context, logger });
  const informers = wireInformers(definition, context.informers, queue);
  signal.addEventListener("abort", () => queue.shutDown(), { once: true });
  if (signal.aborted) return;
  await Promise.race([Promise.all(informers.map((informer) => informer.synced)), aborted(signal)]);
  const workers = Array.from({ length: definition.workers ?? 5 }, () => work(reconciler, queue, logger, signal));
  const background = reconciler.run?.(signal, (key) => queue.add(key)) ?? Promise.resolve();
  await Promise.all([...workers, background]);
}

function wireInformers(
  definition: ControllerDefinition,
  factory: InformerFactory,
  queue: WorkQueue,
): Informer<KubeObject>[] {
  for (const { resource, name, values } of definition.indexes ?? []) factory.informer(resource).addIndex(name, values);
  const watches: Watch[] = [
    { resource: definition.primary, keysFor: (object) => [objectKey(object)] },
    ...(definition.owns ?? []).map(
      (resource): Watch => ({ resource, keysFor: (object) => controllerKeys(definition.primary, object) }),
    ),
    ...(definition.watches ?? []),
  ];
  return watches.map((watch) => {
    const informer = factory.informer(watch.resource);
    const enqueue = (object: KubeObject) => {
      for (const key of watch.keysFor(object)) queue.add(key);
    };
    informer.addHandler({
      onAdd: enqueue,
      onDelete: enqueue,
      onUpdate: (object, old) => {
        enqueue(object);
        enqueue(old);
      },
    });
    return informer;
  });
}

/** The key of the controller that owns `object`, if it is of `primary`'s kind. */
function controllerKeys(primary: ResourceRef<KubeObject>, object: KubeObject): string[] {
  const owner = object.metadata.ownerReferences?.find((reference) => reference.controller);
  if (owner?.kind !== primary.kind || owner.apiVersion.split("/")[0] !== (primary.group || primary.version)) return [];
  return [primary.namespaced ? `${object.metadata.namespace}/${owner.name}` : owner.name];
}

async function work(reconciler: Reconciler, queue: WorkQueue, logger: Logger, signal: AbortSignal): Promise<void> {
  for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
    const current = key;
    try {
      const result = await withTrace(undefined, () => reconciler.reconcile(current, signal));
      queue.forget(current);
      if (result?.requeueAfterMs !== undefined) queue.addAfter(current, result.requeueAfterMs);
    } catch (error) {
      if (signal.aborted) return;
      const status = StatusError.from(error);
      const isConflict = status.code === 409 && status.status.reason === "Conflict";
      if (isConflict) logger.debug({ key: current, err: status.message }, "changed under us, trying again");
      else
        logger.warn(
          { key: current, err: error, failures: queue.failures(current) + 1 },
          "reconcile failed, trying again",
        );
      queue.addRateLimited(current);
    } finally {
      queue.done(current);
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
