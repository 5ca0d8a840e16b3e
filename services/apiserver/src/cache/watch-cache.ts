import type { Clock } from "@drydock/base";
import { invariant } from "@drydock/base";
import type { KeyValue, Revision } from "../storage/storage.ts";
import { runInSlices } from "../turns/run-in-slices.ts";
import { ObjectIndex, type OnUndecodable } from "./object-index.ts";
import type { StoredObject } from "./stored-object.ts";

/** One change of one key. `object` is undefined for a deletion, `previous` for a creation. */
export interface CacheEvent {
  readonly key: string;
  readonly revision: Revision;
  readonly object: StoredObject | undefined;
  readonly previous: StoredObject | undefined;
  readonly atMs: number;
}

export interface CacheListener {
  onEvent(event: CacheEvent): void;
  /** The history broke (the store compacted it away): whoever watches must list again. */
  onReset(): void;
}

const capacityMin = 1024;
const capacityMax = 100_000;
/** Events younger than this are kept even beyond the minimum, so that a watcher can be gone for a while and resume. */
const eventFreshMs = 75_000;

/**
 * The newest state of all keys below one prefix, and the recent events that led to it. Fed in revision order by the store
 * feed; listeners see every event once, in that order, synchronously.
 */
export class WatchCache {
  readonly prefix: string;
  readonly #clock: Clock;
  readonly #objects: ObjectIndex;
  readonly #listeners = new Set<CacheListener>();
  #events: CacheEvent[] = [];
  /** Everything after this revision is in `#events`. */
  #oldest: Revision = 0;
  #lastChange: Revision = 0;
  #version = 0;
  #eventsReceived = 0;
  #initializations = 0;

  constructor(prefix: string, clock: Clock, onUndecodable: OnUndecodable) {
    this.prefix = prefix;
    this.#clock = clock;
    this.#objects = new ObjectIndex(onUndecodable);
  }

  /** Revision of the last change below the prefix (or of the list the cache started from). */
  get lastChange(): Revision {
    return this.#lastChange;
  }

  /** Grows with every change; what is derived from the cache can be kept as long as it stays the same. */
  get version(): number {
    return this.#version;
  }

  /** How many events are kept for watchers that come back. */
  get eventCount(): number {
    return this.#events.length;
  }

  /** Since the cache is there. */
  get eventsReceived(): number {
    return this.#eventsReceived;
  }

  /** How often it started over from a list. */
  get initializations(): number {
    return this.#initializations;
  }

  get size(): number {
    return this.#objects.size;
  }

  get oldestRevision(): Revision {
    return this.#oldest;
  }

  get(key: string): StoredObject | undefined {
    return this.#objects.get(key);
  }

  scan(prefix = this.prefix, startKey?: string): Generator<StoredObject> {
    return this.#objects.scan(prefix, startKey);
  }

  /**
   * What a list filled in is decoded when it is first read. Whoever is about to read much of it has it done before, slice by slice: a scan
   * decodes all at once.
   */
  async decode(prefix = this.prefix): Promise<void> {
    await runInSlices(this.#objects.decode(prefix));
  }

  /** Starts over from a list at `revision`. Listeners are told to list again. */
  replace(values: readonly KeyValue[], revision: Revision): void {
    this.#objects.replace(values);
    this.#events = [];
    this.#oldest = revision;
    this.#lastChange = revision;
    this.#version++;
    this.#initializations++;
    for (const listener of [...this.#listeners]) listener.onReset();
  }

  put(object: StoredObject): void {
    const previous = this.#objects.set(object);
    this.#record({ key: object.key, revision: object.revision, object, previous, atMs: this.#clock.monotonicMs() });
  }

  delete(key: string, revision: Revision): void {
    const previous = this.#objects.delete(key);
    if (!previous) return;
    this.#record({ key, revision, object: undefined, previous, atMs: this.#clock.monotonicMs() });
  }

  /** The events after `revision`, or undefined when some of them are forgotten. */
  eventsAfter(revision: Revision): readonly CacheEvent[] | undefined {
    if (revision < this.#oldest) return undefined;
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#events[middle] as CacheEvent).revision <= revision) low = middle + 1;
      else high = middle;
    }
    return this.#events.slice(low);
  }

  listen(listener: CacheListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #record(event: CacheEvent): void {
    invariant(event.revision >= this.#lastChange, "the cache is fed in revision order", {
      prefix: this.prefix,
      revision: event.revision,
      lastChange: this.#lastChange,
    });
    this.#events.push(event);
    this.#eventsReceived++;
    this.#lastChange = event.revision;
    this.#version++;
    this.#trim(event.atMs);
    for (const listener of this.#listeners) listener.onEvent(event);
  }

  /** Drops in blocks, so that the cost of shifting is spread. */
  #trim(nowMs: number): void {
    const surplus = this.#events.length - capacityMin;
    if (surplus < capacityMin) return;
    let drop = 0;
    while (drop < surplus) {
      const event = this.#events[drop] as CacheEvent;
      const isFresh = nowMs - event.atMs < eventFreshMs;
      if (isFresh && this.#events.length - drop <= capacityMax) break;
      drop++;
    }
    // Events of one revision stay together: a watcher resumes at a revision, not within it.
    while (drop > 0 && drop < this.#events.length && this.#events[drop]?.revision === this.#events[drop - 1]?.revision)
      drop--;
    if (drop < capacityMin / 4) return;
    this.#oldest = (this.#events[drop - 1] as CacheEvent).revision;
    this.#events = this.#events.slice(drop);
  }
}
