import { conflict, deepClone, type Int64, type KubeObject, notFound } from "@drydock/apimachinery";
import type { AdmissionRequest } from "../admission/admission.ts";
import { StoredObject } from "../cache/stored-object.ts";
import { removalOptions } from "../registry/admitted-options.ts";
import type { CallContext } from "../registry/call.ts";
import type { DeleteOptions } from "../registry/delete-options.ts";
import { type Change, guardedUpdate } from "../registry/guarded-update.ts";
import { timestamp } from "../registry/object-meta.ts";
import { keyOf, prepareViews, type ResourceStore, viewOf } from "../registry/registry.ts";
import { hasSpecFinalizers } from "./update.ts";

export interface DeleteRequest {
  readonly namespace: string;
  readonly name: string;
  readonly options: DeleteOptions;
  readonly context: CallContext;
  /** Webhooks and policies have been asked in another form. */
  readonly isReviewed?: boolean;
  /** Somebody deletes many, and named none. */
  readonly isOfCollection?: boolean;
}

export interface DeleteResult {
  readonly stored: StoredObject;
  /** False when the object waits for a grace period or finalizers. */
  readonly isGone: boolean;
}

const orphanFinalizer = "orphan";
const foregroundFinalizer = "foregroundDeletion";

/** Deletes at once, or marks for deletion when a grace period, finalizers or the propagation policy ask for it. */
export async function remove(store: ResourceStore, request: DeleteRequest): Promise<DeleteResult> {
  const { options, context, namespace, name } = request;
  const key = keyOf(store.definition, namespace, name);
  let marked: KubeObject | undefined;
  const plan = async (current: KubeObject | undefined): Promise<Change> => {
    if (!current) throw notFound(store.groupResource, name);
    checkPreconditions(store, current, options);
    await admit(store, request, current);
    const { change, object } = planDeletion(store, current, options, context.nowMs);
    marked = object;
    return change;
  };
  const result = await guardedUpdate(store, key, plan, { context, isDryRun: options.dryRun });
  if (result.kind === "deleted" && !options.dryRun)
    await store.registry.hookOf(store)?.afterDelete(result.stored.object);
  await prepareViews(store, [result.stored]);
  const isGone = result.kind === "deleted";
  const stored = viewOf(store, result.stored);
  return { stored: isGone && marked ? lastSeen(stored, marked) : stored, isGone };
}

/** What has gone at once is shown as its deletion left it. */
function lastSeen({ key, revision, object }: StoredObject, marked: KubeObject): StoredObject {
  const metadata = { ...marked.metadata, resourceVersion: object.metadata.resourceVersion };
  return new StoredObject(key, revision, { ...marked, metadata });
}

async function admit(store: ResourceStore, request: DeleteRequest, oldObject: KubeObject): Promise<void> {
  const { namespace, name, options, context, isReviewed, isOfCollection } = request;
  const asked: AdmissionRequest = {
    operation: "delete",
    definition: store.definition,
    subresource: "",
    namespace,
    name,
    object: undefined,
    oldObject,
    isDryRun: options.dryRun,
    context,
    options: removalOptions(options),
    isReviewed,
    isOfCollection,
  };
  await store.registry.admission.mutate(asked);
  await store.registry.admission.validate(asked);
}

interface Deletion {
  readonly change: Change;
  /** As the deletion leaves it, be it for a moment. */
  readonly object: KubeObject;
}

/** What a delete does to the object as it is now. Pure. */
function planDeletion(store: ResourceStore, current: KubeObject, options: DeleteOptions, nowMs: number): Deletion {
  const object = deepClone(current);
  if (!object.metadata.deletionTimestamp) store.definition.strategy.prepareForDelete?.(object, nowMs);
  const finalizers = finalizersFor(store, object, options);
  if (finalizers.length > 0) object.metadata.finalizers = finalizers;
  else delete object.metadata.finalizers;
  const graceSeconds = gracePeriodFor(store, object, options);
  const isHeld = finalizers.length > 0 || hasSpecFinalizers(object) || graceSeconds > 0;
  if (isHeld || isGraceful(store, object)) markForDeletion(object, graceSeconds, nowMs);
  return { change: isHeld ? { kind: "write", object } : { kind: "delete" }, object };
}

function markForDeletion(object: KubeObject, graceSeconds: Int64, nowMs: number): void {
  const { metadata } = object;
  const at = nowMs + durationMs(graceSeconds);
  const isFirst = !metadata.deletionTimestamp;
  // A second delete may shorten the grace period, never lengthen it.
  if (!isFirst && graceSeconds >= (metadata.deletionGracePeriodSeconds ?? 0)) return;
  if (isFirst && metadata.generation !== undefined) metadata.generation++;
  metadata.deletionTimestamp = isFirst ? timestamp(at) : earlier(metadata.deletionTimestamp as string, timestamp(at));
  if (object.kind === "Namespace") return setTerminating(object);
  metadata.deletionGracePeriodSeconds = graceSeconds;
}

/** A duration of Go, whose nanoseconds are a whole number of 64 bits: what is too long begins anew. */
function durationMs(seconds: Int64): number {
  return Number(BigInt.asIntN(64, BigInt(seconds) * 1_000_000_000n) / 1_000_000n);
}

function setTerminating(namespace: KubeObject & { status?: { phase?: string } }): void {
  namespace.status = { ...namespace.status, phase: "Terminating" };
}

function earlier(a: string, b: string): string {
  return a < b ? a : b;
}

/** Kinds whose objects may take their time: one that goes at once says that it was given none. */
function isGraceful({ definition }: ResourceStore, object: KubeObject): boolean {
  return definition.strategy.gracePeriodSeconds?.(object, undefined) !== undefined;
}

/** Zero for all kinds but those with graceful deletion. */
function gracePeriodFor(store: ResourceStore, object: KubeObject, options: DeleteOptions): Int64 {
  const seconds = store.definition.strategy.gracePeriodSeconds?.(object, options.gracePeriodSeconds) ?? 0;
  if (seconds < 0) return 0;
  return seconds;
}

/**
 * The garbage collector's finalizers follow the policy: orphan and foreground are each added when asked for and removed when
 * another policy is; without a policy what is there decides, then the kind's default (upstream's deletionFinalizersForGarbageCollection).
 */
function finalizersFor(store: ResourceStore, object: KubeObject, options: DeleteOptions): string[] {
  const present = object.metadata.finalizers ?? [];
  const others = present.filter((name) => name !== orphanFinalizer && name !== foregroundFinalizer);
  const policy = options.propagationPolicy;
  if (policy === "Orphan") return [...others, orphanFinalizer];
  if (policy === "Foreground") return [...others, foregroundFinalizer];
  if (policy === "Background") return others;
  if (present.length !== others.length) return [...present];
  return store.definition.strategy.defaultPropagation === "Orphan" ? [...others, orphanFinalizer] : others;
}

function checkPreconditions(store: ResourceStore, current: KubeObject, { preconditions }: DeleteOptions): void {
  const { name, uid, resourceVersion } = current.metadata;
  // Upstream names the kind here where all other conflicts name the resource.
  const kind = { group: store.definition.group, resource: store.definition.kind };
  if (preconditions?.uid && preconditions.uid !== uid) {
    const what = `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`;
    throw conflict(kind, name, what);
  }
  if (preconditions?.resourceVersion && preconditions.resourceVersion !== resourceVersion) {
    const what = `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`;
    throw conflict(kind, name, what);
  }
}
