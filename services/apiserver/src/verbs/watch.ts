import { expired, FieldPath, fieldErrorBody, fieldErrors, type Status, StatusError } from "@drydock/apimachinery";
import type { Timer } from "@drydock/base";
import type { StoredObject } from "../cache/stored-object.ts";
import type { CacheEvent, WatchCache } from "../cache/watch-cache.ts";
import type { CallOptions } from "../registry/call-options.ts";
import { keyPrefixOf, prepareViews, type ResourceStore, viewOf } from "../registry/registry.ts";
import { tooLargeResourceVersion } from "../registry/status-errors.ts";
import type { Revision } from "../storage/storage.ts";
import { assertListOptions } from "./list-options.ts";
import { type Predicate, predicateOf } from "./predicate.ts";
import { parseResourceVersion } from "./resource-version.ts";

/** Where a watch's events go. Called in order, never after `end` or `error`. */
export interface WatchSink {
  event(type: "ADDED" | "MODIFIED" | "DELETED", stored: StoredObject): void;
  /** Everything up to `revision` has been sent; `isInitialEnd` marks the end of the initial events. */
  bookmark(revision: Revision, isInitialEnd: boolean): void;
  /** The watch is over; the client must list again. */
  error(status: Status): void;
  /** The watch is over without an error; the client resumes where it was. */
  end(): void;
}

/** A watch that is agreed but not started; starting it returns the way to stop it. */
export interface WatchRun {
  start(sink: WatchSink): () => void;
}

const bookmarkIntervalMs = 60_000;
/** Watches without a timeout end after 30 to 60 minutes, spread so that clients do not come back all at once. */
const timeoutMsMin = 30 * 60_000;

/**
 * Checks the options and waits until the caches can serve the watch. What goes wrong from then on is told in the stream, as
 * upstream has it: by an error event.
 */
export async function watch(store: ResourceStore, namespace: string, options: CallOptions): Promise<WatchRun> {
  assertListOptions({ ...options, watch: true });
  const predicate = predicateOf(store.definition, options.labelSelector, options.fieldSelector);
  const parsed = parseResourceVersion(options.resourceVersion);
  if (!parsed.ok) throw badResourceVersion(options.resourceVersion, parsed.why);
  const from = parsed.revision;
  const needsState = options.sendInitialEvents === true || (from === 0 && options.sendInitialEvents !== false);
  try {
    await waitForState(store, needsState, from, options.resourceVersion === "");
    if (needsState) await store.cache.decode(keyPrefixOf(store.definition, namespace));
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return { start: (sink) => failAtOnce(sink, error.status) };
  }
  const prefix = keyPrefixOf(store.definition, namespace);
  return { start: (sink) => new WatchSession(store, prefix, predicate, options, sink).start(needsState, from) };
}

async function waitForState(
  store: ResourceStore,
  needsState: boolean,
  from: Revision,
  isConsistent: boolean,
): Promise<void> {
  const { feed } = store.registry.ports;
  if (!needsState || !isConsistent) return feed.waitForClient(needsState ? Math.max(1, from) : 1);
  const revision = await feed.currentRevision();
  if (!(await feed.waitFor(revision))) throw tooLargeResourceVersion(revision, feed.revision);
}

function failAtOnce(sink: WatchSink, status: Status): () => void {
  sink.error(status);
  return () => {};
}

/** Upstream tells this without a code of its own, and so as an error of the server. */
function badResourceVersion(value: string, why: string): StatusError {
  const message = `resourceVersion: ${fieldErrorBody(fieldErrors.invalid(FieldPath.of("resourceVersion"), value, why))}`;
  return new StatusError({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, code: 500 });
}

class WatchSession {
  readonly #store: ResourceStore;
  readonly #cache: WatchCache;
  readonly #prefix: string;
  readonly #predicate: Predicate;
  readonly #options: CallOptions;
  readonly #sink: WatchSink;
  #unlisten: (() => void) | undefined;
  #timers: Timer[] = [];
  #isOver = false;
  /** Where a webhook converts, what is to be sent waits its turn behind what is being converted. */
  #queue: Promise<void> = Promise.resolve();
  /** What happened up to here the client knows. */
  #from: Revision = 0;

  constructor(store: ResourceStore, prefix: string, predicate: Predicate, options: CallOptions, sink: WatchSink) {
    this.#store = store;
    this.#cache = store.cache;
    this.#prefix = prefix;
    this.#predicate = predicate;
    this.#options = options;
    this.#sink = sink;
  }

  /** State or backlog first, then live events: all in one turn, so nothing can come between. */
  start(needsState: boolean, from: Revision): () => void {
    if (!needsState) this.#from = from;
    if (needsState) this.#sendState();
    else if (!this.#sendBacklog(from || this.#store.registry.ports.feed.revision)) return () => {};
    this.#unlisten = this.#cache.listen({
      onEvent: (event) => this.#send(event),
      onReset: () => this.#fail(expiredStatus(this.#cache.lastChange, this.#cache.oldestRevision)),
    });
    this.#startTimers();
    this.#store.retired.addEventListener("abort", this.#onRetired);
    if (this.#store.retired.aborted) this.#onRetired();
    return () => this.#stop();
  }

  readonly #onRetired = () => this.#inTurn([], () => this.#finish());

  /** Runs at once, or when the views of these objects, and whatever came before them, are made. */
  #inTurn(stored: readonly StoredObject[], act: () => void): void {
    if (!this.#store.definition.conversion?.fromStorageLater) return act();
    this.#queue = this.#queue
      .then(() => prepareViews(this.#store, stored))
      .then(
        () => this.#isOver || act(),
        (error) => this.#fail(StatusError.from(error).status),
      ) as Promise<void>;
  }

  #sendState(): void {
    const state = [...this.#cache.scan(this.#prefix)];
    const { revision } = this.#store.registry.ports.feed;
    this.#inTurn(state, () => {
      for (const stored of state) {
        const view = viewOf(this.#store, stored);
        if (this.#predicate.matches(view.object)) this.#sink.event("ADDED", view);
      }
      // Upstream takes every watch that begins with the state for one that asks for initial events.
      if (this.#options.allowWatchBookmarks) this.#sink.bookmark(revision, true);
    });
  }

  #sendBacklog(from: Revision): boolean {
    const events = this.#cache.eventsAfter(from);
    if (!events) {
      this.#fail(expiredStatus(from, this.#cache.oldestRevision));
      return false;
    }
    for (const event of events) this.#send(event);
    return true;
  }

  /** An object that comes to match is ADDED, one that ceases to is DELETED, whatever happened to it in the store. */
  #send(event: CacheEvent): void {
    if (this.#isOver || event.revision <= this.#from || !event.key.startsWith(this.#prefix)) return;
    const { object, previous } = event;
    const involved = [object, previous].filter((stored) => stored !== undefined);
    this.#inTurn(involved, () => this.#deliver(event));
  }

  #deliver({ object, previous, revision }: CacheEvent): void {
    const now = object && viewOf(this.#store, object);
    const before = previous && viewOf(this.#store, previous);
    const matchesNow = now !== undefined && this.#predicate.matches(now.object);
    const matchedBefore = before !== undefined && this.#predicate.matches(before.object);
    if (matchesNow) this.#sink.event(matchedBefore ? "MODIFIED" : "ADDED", now);
    else if (matchedBefore) this.#sink.event("DELETED", before.departedAt(revision));
  }

  #startTimers(): void {
    const { clock, prng } = this.#store.registry.ports;
    const { timeoutSeconds, allowWatchBookmarks } = this.#options;
    const timeoutMs = timeoutSeconds ? timeoutSeconds * 1000 : timeoutMsMin * (1 + prng.next());
    this.#timers.push(clock.setTimer(timeoutMs, () => this.#finish()));
    if (!allowWatchBookmarks) return;
    const scheduleBookmark = () => {
      const timer = clock.setTimer(bookmarkIntervalMs * (0.75 + prng.next() / 4), () => {
        this.#timers.splice(this.#timers.indexOf(timer), 1);
        this.#sink.bookmark(this.#store.registry.ports.feed.revision, false);
        scheduleBookmark();
      });
      this.#timers.push(timer);
    };
    scheduleBookmark();
  }

  #finish(): void {
    if (this.#isOver) return;
    if (this.#options.allowWatchBookmarks) this.#sink.bookmark(this.#store.registry.ports.feed.revision, false);
    this.#stop();
    this.#sink.end();
  }

  #fail(status: Status): void {
    if (this.#isOver) return;
    this.#stop();
    this.#sink.error(status);
  }

  #stop(): void {
    this.#isOver = true;
    this.#unlisten?.();
    this.#store.retired.removeEventListener("abort", this.#onRetired);
    for (const timer of this.#timers) timer.cancel();
    this.#timers = [];
  }
}

function expiredStatus(from: Revision, oldest: Revision): Status {
  return expired(`too old resource version: ${from} (${oldest})`).status;
}
