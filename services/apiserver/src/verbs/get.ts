import { badRequest, notFound } from "@drydock/apimachinery";
import { StoredObject } from "../cache/stored-object.ts";
import { keyOf, prepareViews, type ResourceStore, viewOf } from "../registry/registry.ts";
import { parseResourceVersion } from "./resource-version.ts";

/**
 * Without a resourceVersion: the object as the store has it now. With one: the cache's, once it is at least that new
 * ("0" is any).
 */
export async function get(
  store: ResourceStore,
  namespace: string,
  name: string,
  resourceVersion: string,
  signal?: AbortSignal,
): Promise<StoredObject> {
  const key = keyOf(store.definition, namespace, name);
  const stored =
    resourceVersion === "" ? await readStore(store, key, signal) : await readCache(store, key, resourceVersion);
  if (!stored) throw notFound(store.groupResource, name);
  await prepareViews(store, [stored]);
  return viewOf(store, stored);
}

async function readStore(store: ResourceStore, key: string, signal?: AbortSignal): Promise<StoredObject | undefined> {
  const { kv } = await store.registry.ports.storage.get(key, signal);
  const cached = store.cache.get(key);
  // The cache's copy of the same version comes with its encodings.
  if (cached && cached.revision === kv?.modRevision) return cached;
  return kv && StoredObject.decode(kv);
}

async function readCache(
  store: ResourceStore,
  key: string,
  resourceVersion: string,
): Promise<StoredObject | undefined> {
  const parsed = parseResourceVersion(resourceVersion);
  if (!parsed.ok) throw badRequest(`resourceVersion: Invalid value: ${JSON.stringify(resourceVersion)}: ${parsed.why}`);
  await store.registry.ports.feed.waitForClient(parsed.revision);
  return store.cache.get(key);
}
