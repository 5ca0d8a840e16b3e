import { expired } from "@drydock/apimachinery";
import { StoredObject } from "../cache/stored-object.ts";
import type { CallOptions } from "../registry/call-options.ts";
import { keyPrefixOf, type ResourceStore, viewOf } from "../registry/registry.ts";
import { type Revision, StorageError } from "../storage/storage.ts";
import { type ContinueToken, decodeContinueToken, encodeContinueToken } from "./continue-token.ts";
import { parseResourceVersion } from "./get.ts";
import { assertListOptions } from "./list-options.ts";
import type { ListPage } from "./outcome.ts";
import { type Predicate, predicateOf } from "./predicate.ts";

const pageSize = 500;

/**
 * The semantics of resourceVersion and resourceVersionMatch are the API's ("Resource versions", API concepts): unset is
 * consistent, "0" is any, NotOlderThan waits for the cache, Exact and continued lists are read at that very revision.
 */
export async function list(
  store: ResourceStore,
  namespace: string,
  options: CallOptions,
  signal?: AbortSignal,
): Promise<ListPage> {
  assertListOptions(options);
  const prefix = keyPrefixOf(store.definition, namespace);
  const predicate = predicateOf(store.definition, options.labelSelector, options.fieldSelector);
  if (options.continue !== "") {
    const token = decodeContinueToken(options.continue);
    return listAt(store, prefix, predicate, options.limit, token, signal);
  }
  if (options.resourceVersionMatch === "Exact") {
    const revision = parseResourceVersion(options.resourceVersion);
    return listAt(store, prefix, predicate, options.limit, { revision, startKey: "" }, signal);
  }
  const { feed } = store.registry.ports;
  if (options.resourceVersion === "") {
    const revision = await feed.currentRevision();
    // The cache lags (the store's watch is cut, perhaps): the store itself is read instead.
    if (!(await feed.waitFor(revision)))
      return listAt(store, prefix, predicate, options.limit, { revision, startKey: "" }, signal);
  } else {
    await feed.waitForClient(Math.max(1, parseResourceVersion(options.resourceVersion)));
  }
  // A limit does not apply to "0": any version is served whole from the cache, as upstream.
  const limit = options.resourceVersion === "0" ? 0 : options.limit;
  return pageOf(store, prefix, predicate, limit, feed.revision, candidates(store, prefix, predicate, namespace));
}

/** Lists at one past revision: from the cache when nothing below the prefix changed since, from the store otherwise. */
async function listAt(
  store: ResourceStore,
  prefix: string,
  predicate: Predicate,
  limit: number,
  { revision, startKey }: ContinueToken,
  signal?: AbortSignal,
): Promise<ListPage> {
  const { feed } = store.registry.ports;
  if (store.cache.lastChange <= revision && revision <= feed.revision) {
    return pageOf(store, prefix, predicate, limit, revision, store.cache.scan(prefix, prefix + startKey));
  }
  try {
    const read = await readStoreAt(store, prefix, predicate, limit, revision, prefix + startKey, signal);
    return pageOf(store, prefix, predicate, limit, revision, read.objects, read.unread);
  } catch (error) {
    if (error instanceof StorageError && error.reason === "compacted") throw expiredList(startKey !== "");
    throw error;
  }
}

/** Reads pages until `limit + 1` objects match (one more than asked for tells whether a next page exists). */
async function readStoreAt(
  store: ResourceStore,
  prefix: string,
  predicate: Predicate,
  limit: number,
  revision: Revision,
  startKey: string,
  signal?: AbortSignal,
): Promise<{ objects: StoredObject[]; unread: number }> {
  const objects: StoredObject[] = [];
  let matching = 0;
  for (let from = startKey; ; ) {
    const page = await store.registry.ports.storage.list(prefix, {
      limit: limit || pageSize,
      startKey: from,
      revision,
      signal,
    });
    for (const kv of page.items) {
      const cached = store.cache.get(kv.key);
      const stored = cached?.revision === kv.modRevision ? cached : StoredObject.decode(kv);
      objects.push(stored);
      if (predicate.matches(viewOf(store, stored).object)) matching++;
    }
    const last = page.items[page.items.length - 1];
    if (!page.hasMore || !last || (limit > 0 && matching > limit)) return { objects, unread: page.remaining };
    from = `${last.key}\0`;
  }
}

function pageOf(
  store: ResourceStore,
  prefix: string,
  predicate: Predicate,
  limit: number,
  revision: Revision,
  candidates: Iterable<StoredObject>,
  /** How many more there are behind the candidates. */
  unread = 0,
): ListPage {
  const items: StoredObject[] = [];
  let continueText = "";
  let remaining = 0;
  for (const stored of candidates) {
    const view = viewOf(store, stored);
    if (!predicate.isEverything && !predicate.matches(view.object)) continue;
    if (limit > 0 && items.length >= limit) {
      remaining++;
      if (continueText === "") {
        const last = items[items.length - 1] as StoredObject;
        continueText = encodeContinueToken({ revision, startKey: `${last.key.slice(prefix.length)}\0` });
        if (!predicate.isEverything) break;
      }
      continue;
    }
    items.push(view);
  }
  const isCounted = continueText !== "" && predicate.isEverything;
  return { items, revision, continue: continueText, remaining: isCounted ? remaining + unread : undefined };
}

/** A selector on the name of one object needs no scan of its neighbours. */
function candidates(
  store: ResourceStore,
  prefix: string,
  predicate: Predicate,
  namespace: string,
): Iterable<StoredObject> {
  const isOneKey = predicate.name !== undefined && (namespace !== "" || !store.definition.isNamespaced);
  if (!isOneKey) return store.cache.scan(prefix);
  const stored = store.cache.get(prefix + predicate.name);
  return stored ? [stored] : [];
}

function expiredList(isContinued: boolean) {
  return isContinued
    ? expired(
        "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.",
      )
    : expired("The resourceVersion for the provided list is too old.");
}
