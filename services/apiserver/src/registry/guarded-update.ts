import { deepEqual, type KubeObject } from "@drydock/apimachinery";
import { encodeForStorage, StoredObject } from "../cache/stored-object.ts";
import type { CallContext } from "./call.ts";
import { toStorage as toStorageForm } from "./kind-versions.ts";
import { prepareViews, type ResourceStore, viewOf } from "./registry.ts";
import { resourceVersionOnCreate } from "./status-errors.ts";

/** What to do about the object found: decided again whenever the store turns out to hold another version. */
export type Change =
  | { readonly kind: "write"; readonly object: KubeObject }
  | { readonly kind: "delete" }
  | { readonly kind: "keep" };

export type ChangeResult =
  | { readonly kind: "written"; readonly stored: StoredObject; readonly isNew: boolean }
  | { readonly kind: "deleted"; readonly stored: StoredObject }
  | { readonly kind: "kept"; readonly stored: StoredObject };

export interface GuardedUpdateOptions {
  readonly context: CallContext;
  readonly isDryRun: boolean;
}

/**
 * Read, plan, write only if nothing changed in between, else again. Starts from the cache; a plan that fails or changes nothing
 * on a cached version is tried once more on the store's own, if that is another, so a lagging cache can cost a round trip but never a wrong
 * answer. `current` is the object as this resource shows it, and must not be changed by the plan.
 */
export async function guardedUpdate(
  store: ResourceStore,
  key: string,
  plan: (current: KubeObject | undefined) => Promise<Change> | Change,
  options: GuardedUpdateOptions,
): Promise<ChangeResult> {
  const { storage } = store.registry.ports;
  const { signal } = options.context;
  let stored = store.cache.get(key);
  let isFresh = false;
  /** Whether the store has another version than the cache had. */
  const refresh = async () => {
    const before = stored;
    const { kv } = await storage.get(key, signal);
    stored = kv && (kv.modRevision === stored?.revision ? stored : StoredObject.decode(kv));
    isFresh = true;
    return stored !== before;
  };
  if (!stored) await refresh();
  for (;;) {
    signal.throwIfAborted();
    if (stored) await prepareViews(store, [stored]);
    const current = stored && viewOf(store, stored).object;
    let change: Change;
    try {
      change = await plan(current);
    } catch (error) {
      if (isFresh || !(await refresh())) throw error;
      continue;
    }
    const isAsStored = stored === undefined || !(stored.isStale || isOldVersion(store, stored));
    if (change.kind === "write" && current && isAsStored && isUnchanged(change.object, current))
      change = { kind: "keep" };
    if (change.kind === "keep") {
      if (!isFresh && (await refresh())) continue;
      return { kind: "kept", stored: stored as StoredObject };
    }
    const outcome = await write(store, key, stored, change, options);
    if (outcome.ok) return outcome.result;
    stored = outcome.current && StoredObject.decode(outcome.current);
    isFresh = true;
  }
}

async function write(
  store: ResourceStore,
  key: string,
  stored: StoredObject | undefined,
  change: Exclude<Change, { kind: "keep" }>,
  options: GuardedUpdateOptions,
) {
  const { storage } = store.registry.ports;
  const { signal } = options.context;
  if (change.kind === "delete") {
    const gone = stored as StoredObject;
    if (options.isDryRun) return { ok: true, result: { kind: "deleted", stored: gone } } as const;
    const result = await storage.delete(key, gone.revision, signal);
    if (!result.ok) return result;
    return { ok: true, result: { kind: "deleted", stored: gone.departedAt(result.revision) } } as const;
  }
  const object = await toStorage(store, change.object);
  const isNew = !stored;
  if (isNew && object.metadata.resourceVersion) throw resourceVersionOnCreate();
  if (options.isDryRun) {
    return {
      ok: true,
      result: { kind: "written", stored: new StoredObject(key, stored?.revision ?? 0, object), isNew },
    } as const;
  }
  const bytes = encodeForStorage(object);
  const result = stored
    ? await storage.update(key, bytes, stored.revision, signal)
    : await storage.create(key, bytes, signal);
  if (!result.ok) return result;
  object.metadata.resourceVersion = String(result.revision);
  return {
    ok: true,
    result: { kind: "written", stored: new StoredObject(key, result.revision, object), isNew },
  } as const;
}

/** The object in the form it is stored in; a shallow copy so that the caller's metadata can be completed. */
export async function toStorage(store: ResourceStore, object: KubeObject): Promise<KubeObject> {
  const converted = await toStorageForm(store.definition, object);
  return { ...converted, metadata: { ...converted.metadata } };
}

/** Stored under a version that is not the stored one any more: a write that changes nothing brings it up to date. */
function isOldVersion({ definition: { conversion } }: ResourceStore, { object }: StoredObject): boolean {
  if (!conversion) return false;
  const { storageGroup, storageVersion } = conversion;
  return object.apiVersion !== (storageGroup === "" ? storageVersion : `${storageGroup}/${storageVersion}`);
}

function isUnchanged(next: KubeObject, current: KubeObject): boolean {
  const { resourceVersion: _next, ...nextMeta } = next.metadata;
  const { resourceVersion: _current, ...currentMeta } = current.metadata;
  return deepEqual({ ...next, metadata: nextMeta }, { ...current, metadata: currentMeta });
}
