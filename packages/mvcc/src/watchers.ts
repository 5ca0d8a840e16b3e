import type { Store } from "./store.ts";
import { inRange, type Key, type KeyRange, type KeyValue, type Revision, type StoreEvent } from "./types.ts";

export interface WatchedEvent extends StoreEvent {
  readonly previous?: KeyValue;
}

export interface WatcherOptions {
  readonly range: KeyRange;
  /** First revision to report; 0 for "from now on". */
  readonly startRevision: Revision;
  readonly wantsPrevious: boolean;
  readonly isFiltered?: (event: StoreEvent) => boolean;
  /** Takes the events of one or more whole revisions, in order; false when it cannot take them now: they come again later. */
  deliver(events: readonly WatchedEvent[], revision: Revision): boolean;
  /** The revisions it still needs are gone: it has been removed. */
  compacted(compactRevision: Revision): void;
}

export interface Watcher {
  readonly options: WatcherOptions;
  /** The next revision it must see. */
  nextRevision: Revision;
  isSynced: boolean;
  isClosed: boolean;
}

/** Revisions read for lagging watchers in one go. */
const CATCH_UP_REVISIONS = 1000;

/**
 * Hands every change to every watcher of its key, once and in order. Watchers that are up to date are told as transactions commit;
 * the others catch up from the backend, some revisions at a time (`catchUp`).
 */
export class Watchers {
  readonly #store: Store;
  readonly #byKey = new Map<Key, Set<Watcher>>();
  readonly #ranges = new Set<Watcher>();
  readonly #unsynced = new Set<Watcher>();

  constructor(store: Store) {
    this.#store = store;
    store.onCommit((revision, events) => this.#notify(revision, events));
  }

  get count(): { synced: number; unsynced: number } {
    const single = [...this.#byKey.values()].reduce((sum, watchers) => sum + watchers.size, 0);
    return { synced: single + this.#ranges.size, unsynced: this.#unsynced.size };
  }

  get hasUnsynced(): boolean {
    return this.#unsynced.size > 0;
  }

  add(options: WatcherOptions): Watcher {
    const current = this.#store.revision;
    const nextRevision = options.startRevision > 0 ? options.startRevision : current + 1;
    const watcher: Watcher = { options, nextRevision, isSynced: nextRevision > current, isClosed: false };
    if (watcher.isSynced) this.#addSynced(watcher);
    else this.#unsynced.add(watcher);
    return watcher;
  }

  remove(watcher: Watcher): void {
    watcher.isClosed = true;
    this.#unsynced.delete(watcher);
    this.#removeSynced(watcher);
  }

  /** One step for all that lag; returns whether some still do and could go on at once. */
  catchUp(): boolean {
    if (this.#unsynced.size === 0) return false;
    const current = this.#store.revision;
    const lagging = this.#dropCompacted();
    if (lagging.length === 0) return false;
    const from = Math.min(...lagging.map((watcher) => watcher.nextRevision));
    const to = Math.min(current, from + CATCH_UP_REVISIONS - 1);
    const byRevision = this.#store.eventsSince(from, to);
    let hasProgress = false;
    for (const watcher of lagging) {
      if (watcher.nextRevision > to) continue;
      if (!this.#deliverSpan(watcher, byRevision, to)) continue;
      hasProgress = true;
      if (watcher.nextRevision > current) {
        this.#unsynced.delete(watcher);
        watcher.isSynced = true;
        this.#addSynced(watcher);
      }
    }
    return hasProgress && this.#unsynced.size > 0;
  }

  #deliverSpan(watcher: Watcher, byRevision: ReadonlyMap<Revision, readonly StoreEvent[]>, to: Revision): boolean {
    const events: WatchedEvent[] = [];
    for (const [revision, list] of byRevision) {
      if (revision >= watcher.nextRevision) events.push(...this.#select(watcher, list, revision));
    }
    if (events.length > 0 && !watcher.options.deliver(events, to)) return false;
    watcher.nextRevision = to + 1;
    return true;
  }

  #notify(revision: Revision, events: readonly StoreEvent[]): void {
    const told = new Set<Watcher>(this.#ranges);
    for (const { kv } of events) for (const watcher of this.#byKey.get(kv.key) ?? []) told.add(watcher);
    for (const watcher of told) {
      // A watcher from a future revision waits for it.
      if (revision < watcher.nextRevision) continue;
      const selected = this.#select(watcher, events, revision);
      if (selected.length === 0) continue;
      if (watcher.options.deliver(selected, revision)) {
        watcher.nextRevision = revision + 1;
      } else {
        this.#removeSynced(watcher);
        watcher.isSynced = false;
        watcher.nextRevision = revision;
        this.#unsynced.add(watcher);
      }
    }
  }

  #select(watcher: Watcher, events: readonly StoreEvent[], revision: Revision): WatchedEvent[] {
    const { range, isFiltered, wantsPrevious } = watcher.options;
    const selected = events.filter((event) => inRange(event.kv.key, range) && !isFiltered?.(event));
    if (!wantsPrevious) return selected;
    return selected.map((event) => {
      const previous = this.#store.previous(event.kv.key, revision);
      return previous ? { ...event, previous } : event;
    });
  }

  #dropCompacted(): Watcher[] {
    const compacted = this.#store.compactedRevision;
    const lagging: Watcher[] = [];
    for (const watcher of this.#unsynced) {
      if (watcher.nextRevision >= compacted) {
        lagging.push(watcher);
        continue;
      }
      this.remove(watcher);
      watcher.options.compacted(compacted);
    }
    return lagging;
  }

  #addSynced(watcher: Watcher): void {
    const { key, end } = watcher.options.range;
    if (end !== undefined) {
      this.#ranges.add(watcher);
      return;
    }
    const watchers = this.#byKey.get(key) ?? new Set();
    watchers.add(watcher);
    this.#byKey.set(key, watchers);
  }

  #removeSynced(watcher: Watcher): void {
    this.#ranges.delete(watcher);
    const { key } = watcher.options.range;
    const watchers = this.#byKey.get(key);
    watchers?.delete(watcher);
    if (watchers?.size === 0) this.#byKey.delete(key);
  }
}
