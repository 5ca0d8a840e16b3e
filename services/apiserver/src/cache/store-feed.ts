import { backoffDelayMs, type Clock, createPrng, sleep } from "@drydock/base";
import { tooLargeResourceVersion } from "../registry/status-errors.ts";
import type {
  KeyValue,
  Revision,
  Storage,
  StorageError,
  StorageEvent,
  StorageWatchHandle,
} from "../storage/storage.ts";
import { decodeOrTell } from "./object-index.ts";
import { WatchCache } from "./watch-cache.ts";

export interface FeedLog {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}

interface Waiter {
  readonly revision: Revision;
  resolve(): void;
}

const registryPrefix = "/registry/";
const pageSize = 2000;
const retry = { initialMs: 100, maxMs: 3000, factor: 2, jitter: 0.2 };
/** How long a consistent read waits for the caches before it goes to the store itself. */
const freshWaitMs = 3000;
const progressAfterMs = 100;

/**
 * Keeps every watch cache in step with the store: one list and one watch over `/registry/` feed them all, so that "the
 * caches have seen revision N" is a single number and a consistent read of any resource needs no read of that resource.
 */
export class StoreFeed {
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #log: FeedLog;
  readonly #caches = new Map<string, WatchCache>();
  /** Longest first, so that `services/specs/` wins over `services/`. */
  #prefixes: string[] = [];
  readonly #opening = new Map<string, Promise<void>>();
  /** Events of prefixes whose caches are being opened. */
  readonly #missed = new Map<string, StorageEvent[]>();
  #revision: Revision = 0;
  #fills = 0;
  #handle: StorageWatchHandle | undefined;
  #waiters = new Set<Waiter>();
  #revisionInFlight: Promise<Revision> | undefined;
  #revisionNext: Promise<Revision> | undefined;
  readonly #stopping = new AbortController();

  constructor(storage: Storage, clock: Clock, log: FeedLog) {
    this.#storage = storage;
    this.#clock = clock;
    this.#log = log;
  }

  /** The cache of everything below `/registry/<storagePrefix>/`; the same one for the same prefix. Must be asked for before `start`, or opened. */
  cacheFor(storagePrefix: string): WatchCache {
    const prefix = `${registryPrefix}${storagePrefix}/`;
    let cache = this.#caches.get(prefix);
    if (!cache) {
      cache = new WatchCache(prefix, this.#clock, this.#onUndecodable);
      this.#caches.set(prefix, cache);
      this.#prefixes = [...this.#caches.keys()].sort((a, b) => b.length - a.length);
    }
    return cache;
  }

  /** A cache that is added while the server runs, filled. Others go on meanwhile. */
  async openCache(storagePrefix: string): Promise<void> {
    const prefix = `${registryPrefix}${storagePrefix}/`;
    if (this.#caches.has(prefix)) return;
    const opening = this.#opening.get(prefix) ?? this.#open(storagePrefix, prefix);
    this.#opening.set(prefix, opening);
    try {
      await opening;
    } finally {
      this.#opening.delete(prefix);
    }
  }

  /**
   * Reads the prefix, then has the cache take part from that revision on. What the common watch has not told yet at that moment and is
   * contained in the reading, the cache leaves aside.
   */
  async #open(storagePrefix: string, prefix: string): Promise<void> {
    const missed: StorageEvent[] = [];
    this.#missed.set(prefix, missed);
    try {
      let fills: number;
      let read: { values: KeyValue[]; revision: Revision };
      do {
        // The caches were listed anew meanwhile: events may have been missed that this reading does not contain.
        fills = this.#fills;
        read = await this.#read(prefix);
      } while (fills !== this.#fills);
      const { values, revision } = read;
      const cache = this.cacheFor(storagePrefix);
      cache.replace(values, revision);
      this.#missed.delete(prefix);
      this.#apply(missed);
      // Nobody is to be told of a state that the common watch has not come to.
      await this.waitFor(revision);
    } finally {
      this.#missed.delete(prefix);
    }
  }

  /** Forgets a cache that nobody serves any more. */
  closeCache(storagePrefix: string): void {
    const prefix = `${registryPrefix}${storagePrefix}/`;
    this.#caches.delete(prefix);
    this.#prefixes = this.#prefixes.filter((candidate) => candidate !== prefix);
  }

  /** All caches have seen everything up to this revision. 0 until the first list is in. */
  get revision(): Revision {
    return this.#revision;
  }

  get hasSynced(): boolean {
    return this.#revision > 0;
  }

  /** Runs until `stop`. Resolves when the caches are filled for the first time. */
  async start(): Promise<void> {
    for (let attempt = 0; !this.#stopping.signal.aborted; attempt++) {
      try {
        await this.#fill();
        return;
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        this.#log.warn({ err: error }, "cannot list the store; trying again");
        await sleep(this.#clock, backoffDelayMs(retry, attempt, createPrng(attempt + 1)), this.#stopping.signal).catch(
          () => {},
        );
      }
    }
  }

  stop(): void {
    this.#stopping.abort(new Error("stopping"));
    this.#handle?.cancel();
  }

  /**
   * The newest revision of the store, asked of the store itself. Callers that come while a question is on its way share the
   * next one: an answer may only be used by those who asked before it was asked for.
   */
  currentRevision(): Promise<Revision> {
    if (!this.#revisionInFlight) {
      this.#revisionInFlight = this.#storage.currentRevision().finally(() => {
        this.#revisionInFlight = undefined;
      });
      return this.#revisionInFlight;
    }
    this.#revisionNext ??= this.#revisionInFlight
      .catch(() => {})
      .then(() => {
        this.#revisionNext = undefined;
        return this.currentRevision();
      });
    return this.#revisionNext;
  }

  /** True once the caches have seen `revision`, false when that took too long. */
  async waitFor(revision: Revision, waitMs = freshWaitMs): Promise<boolean> {
    if (this.#revision >= revision) return true;
    return new Promise((resolve) => {
      const waiter = {
        revision,
        resolve: () => {
          deadline.cancel();
          nudge.cancel();
          resolve(true);
        },
      };
      const nudge = this.#clock.setTimer(progressAfterMs, () => this.#handle?.requestProgress());
      const deadline = this.#clock.setTimer(waitMs, () => {
        nudge.cancel();
        this.#waiters.delete(waiter);
        resolve(false);
      });
      this.#waiters.add(waiter);
    });
  }

  /** Waits until the caches hold `revision` as NotOlderThan wants it; the upstream error when they cannot. */
  async waitForClient(revision: Revision): Promise<void> {
    if (await this.waitFor(revision)) return;
    throw tooLargeResourceVersion(revision, this.#revision);
  }

  async #fill(): Promise<void> {
    this.#fills++;
    const byPrefix = new Map<string, KeyValue[]>([...this.#caches.keys()].map((prefix) => [prefix, []]));
    const { values, revision } = await this.#read(registryPrefix);
    for (const kv of values) byPrefix.get(this.#prefixOf(kv.key) ?? "")?.push(kv);
    for (const [prefix, found] of byPrefix) this.#caches.get(prefix)?.replace(found, revision);
    this.#advance(revision);
    this.#watchFrom(revision + 1);
  }

  /** Everything below a prefix at one revision, page by page. */
  async #read(prefix: string): Promise<{ values: KeyValue[]; revision: Revision }> {
    const values: KeyValue[] = [];
    let revision: Revision | undefined;
    for (let startKey: string | undefined; ; ) {
      const page = await this.#storage.list(prefix, { limit: pageSize, startKey, revision });
      revision ??= page.revision;
      for (const kv of page.items) values.push(kv);
      const last = page.items[page.items.length - 1];
      if (!page.hasMore || !last) return { values, revision };
      startKey = `${last.key}\0`;
    }
  }

  #watchFrom(fromRevision: Revision): void {
    this.#handle = this.#storage.watch({
      prefix: registryPrefix,
      fromRevision,
      onEvents: (events) => this.#apply(events),
      onProgress: (revision) => this.#advance(revision),
      onEnd: (error) => this.#restart(error),
    });
  }

  #restart(error: StorageError): void {
    if (this.#stopping.signal.aborted) return;
    this.#log.warn({ err: error }, "the watch of the store ended; listing again");
    void this.start();
  }

  #apply(events: readonly StorageEvent[]): void {
    for (const event of events) {
      const prefix = this.#prefixOf(event.key);
      const cache = prefix ? this.#caches.get(prefix) : undefined;
      if (!cache) {
        for (const [opening, missed] of this.#missed) if (event.key.startsWith(opening)) missed.push(event);
        continue;
      }
      if (event.modRevision <= cache.oldestRevision) continue;
      if (event.type === "delete") cache.delete(event.key, event.modRevision);
      else {
        const object = decodeOrTell(event, this.#onUndecodable);
        if (object) cache.put(object);
      }
    }
    const last = events[events.length - 1];
    if (last) this.#advance(last.modRevision);
  }

  /** A value that is no object (someone wrote to the store by hand) must not stop the server; it is not served. */
  readonly #onUndecodable = (key: string, error: unknown): void =>
    this.#log.error({ err: error, key }, "the store holds something that is no API object");

  #advance(revision: Revision): void {
    if (revision <= this.#revision) return;
    this.#revision = revision;
    for (const waiter of this.#waiters) {
      if (waiter.revision > revision) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  #prefixOf(key: string): string | undefined {
    return this.#prefixes.find((prefix) => key.startsWith(prefix));
  }
}
