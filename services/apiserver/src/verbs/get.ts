import { badRequest, notFound } from "@drydock/apimachinery";
import { StoredObject } from "../cache/stored-object.ts";
import { keyOf, type ResourceStore, viewOf } from "../registry/registry.ts";
import type { Revision } from "../storage/storage.ts";

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
  await store.registry.ports.feed.waitForClient(parseResourceVersion(resourceVersion));
  return store.cache.get(key);
}

export function parseResourceVersion(text: string): Revision {
  if (text === "" || text === "0") return 0;
  if (!/^[0-9]{1,15}$/.test(text)) {
    throw badRequest(
      `Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  }
  return Number(text);
}
