import { badRequest, expired, StatusError } from "@drydock/apimachinery";
import { StoredObject } from "../cache/stored-object.ts";
import type { CallOptions } from "../registry/call-options.ts";
import { keyPrefixOf, prepareViews, type ResourceStore, viewOf } from "../registry/registry.ts";
import { tooLargeResourceVersion } from "../registry/status-errors.ts";
import { type Revision, StorageError } from "../storage/storage.ts";
import { type ContinueToken, decodeContinueToken, encodeContinueToken, newestRevision } from "./continue-token.ts";
import { assertListOptions } from "./list-options.ts";
import type { ListPage } from "./outcome.ts";
import { type Predicate, predicateOf } from "./predicate.ts";
import { parseResourceVersion } from "./resource-version.ts";

const pageSize = 500;

/**
 * The semantics of resourceVersion and resourceVersionMatch are the API's ("Resource versions", API concepts): unset is
 * consistent, "0" is any, NotOlderThan waits for the cache; Exact, continued and, by old habit, limited lists are read at that
 * very revision.
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
  const { limit } = options;
  const wanted = positionOf(options);
  if (wanted.kind === "at") return listAt(store, prefix, predicate, limit, wanted.token, signal);
  const { feed } = store.registry.ports;
  if (wanted.kind === "newest") {
    const revision = await feed.currentRevision();
    const token = { revision, startKey: wanted.startKey };
    // The cache lags (the store's watch is cut, perhaps): the store itself is read instead.
    if (!(await feed.waitFor(revision))) return listAt(store, prefix, predicate, limit, token, signal);
  } else {
    await feed.waitForClient(Math.max(1, wanted.revision));
  }
  const startKey = wanted.kind === "newest" ? wanted.startKey : "";
  if (predicate.name === undefined) await store.cache.decode(prefix);
  const { revision } = feed;
  const found = [
    ...(startKey === ""
      ? candidates(store, prefix, predicate, namespace)
      : store.cache.scan(prefix, prefix + startKey)),
  ];
  await prepareViews(store, found);
  // A limit does not apply to "0": any version is served whole from the cache, as upstream.
  const isAny = options.resourceVersion === "0" && options.continue === "";
  return pageOf(store, prefix, predicate, isAny ? 0 : limit, revision, found);
}

/** Which state of the collection is asked for. */
type Position =
  | { readonly kind: "newest"; readonly startKey: string }
  | { readonly kind: "at"; readonly token: ContinueToken }
  | { readonly kind: "not-older"; readonly revision: Revision };

function positionOf(options: CallOptions): Position {
  if (options.continue !== "") return continuedPosition(options);
  if (options.resourceVersion === "") return { kind: "newest", startKey: "" };
  const parsed = parseResourceVersion(options.resourceVersion);
  if (!parsed.ok) {
    const value = JSON.stringify(options.resourceVersion);
    throw badRequest(`invalid resource version: resourceVersion: Invalid value: ${value}: ${parsed.why}`);
  }
  const { revision } = parsed;
  const isLegacyExact = options.resourceVersionMatch === "" && options.limit > 0 && revision > 0;
  const isExact = options.resourceVersionMatch === "Exact" || isLegacyExact;
  return isExact ? { kind: "at", token: { revision, startKey: "" } } : { kind: "not-older", revision };
}

function continuedPosition(options: CallOptions): Position {
  const token = decodeContinueToken(options.continue);
  if (options.resourceVersion !== "" && options.resourceVersion !== "0")
    throw badRequest("specifying resource version is not allowed when using continue");
  return token.revision < 0 ? { kind: "newest", startKey: token.startKey } : { kind: "at", token };
}

/** Lists at one past revision: from the cache when nothing below the prefix changed since, from the store otherwise. */
async function listAt(
  store: ResourceStore,
  prefix: string,
  predicate: Predicate,
  limit: number,
  token: ContinueToken,
  signal?: AbortSignal,
): Promise<ListPage> {
  const { feed } = store.registry.ports;
  const { revision, startKey } = token;
  await store.cache.decode(prefix);
  if (store.cache.lastChange <= revision && revision <= feed.revision) {
    const found = [...store.cache.scan(prefix, prefix + startKey)];
    await prepareViews(store, found);
    return pageOf(store, prefix, predicate, limit, revision, found);
  }
  try {
    const read = await readStoreAt(store, prefix, predicate, limit, revision, prefix + startKey, signal);
    return pageOf(store, prefix, predicate, limit, revision, read.objects, read.unread);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    if (error.reason === "compacted") throw expiredList(startKey);
    if (error.reason === "future-revision") throw tooLargeResourceVersion(revision, await feed.currentRevision(), 0);
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
      await prepareViews(store, [stored]);
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
  let hasMore = unread > 0;
  let remaining = unread;
  for (const stored of candidates) {
    // Whether anything that follows matches is not looked into: the next page may turn out empty, as upstream's.
    if (limit > 0 && items.length >= limit) {
      hasMore = true;
      remaining++;
      if (!predicate.isEverything) break;
      continue;
    }
    const view = viewOf(store, stored);
    if (predicate.isEverything || predicate.matches(view.object)) items.push(view);
  }
  const last = items.at(-1);
  if (!hasMore || limit === 0 || !last) return { items, revision, continue: "", remaining: undefined };
  const next = encodeContinueToken({ revision, startKey: `${last.key.slice(prefix.length)}\0` });
  return { items, revision, continue: next, remaining: predicate.isEverything ? remaining : undefined };
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

const expiredText = "The resourceVersion for the provided list is too old.";
const inconsistentText =
  "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

/** Who was in the middle of a list may go on, though not consistently. */
function expiredList(startKey: string): StatusError {
  if (startKey === "") return expired(expiredText);
  const metadata = { continue: encodeContinueToken({ revision: newestRevision, startKey }) };
  return new StatusError({ ...expired(inconsistentText).status, metadata });
}
