import type { Store } from "./store.ts";
import { inRange, type KeyRange, type KeyValue, type Revision, type StoreEvent } from "./types.ts";
import { type WatcherGroup, WatcherIndex } from "./watcher-index.ts";

export interface WatchedEvent extends StoreEvent {
  readonly previous?: KeyValue;
}

export interface WatcherOptions {
  readonly range: KeyRange;
  /** First revision to report; 0 for "from now on". */
  readonly startRevision: Revision;
  readonly wantsPrevious: boolean;
  readonly isFiltered?: (event: StoreEvent) => boolean;
  /**
   * Takes the events of one or more whole revisions, in order; false when it cannot take them now: they come again later. Watchers of the
   * same range that want the same are given the same list.
   */
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
  readonly #synced = new WatcherIndex<Watcher>();
  readonly #unsynced = new Set<Watcher>();

  constructor(store: Store) {
    this.#store = store;
    store.onCommit((revision, events) => this.#notify(revision, events));
  }

  get count(): { synced: number; unsynced: number } {
    return { synced: this.#synced.size, unsynced: this.#unsynced.size };
  }

  get hasUnsynced(): boolean {
    return this.#unsynced.size > 0;
  }

  add(options: WatcherOptions): Watcher {
    const current = this.#store.revision;
    const nextRevision = options.startRevision > 0 ? options.startRevision : current + 1;
    const watcher: Watcher = { options, nextRevision, isSynced: nextRevision > current, isClosed: false };
    if (watcher.isSynced) this.#synced.add(options.range, watcher);
    else this.#unsynced.add(watcher);
    return watcher;
  }

  remove(watcher: Watcher): void {
    watcher.isClosed = true;
    this.#unsynced.delete(watcher);
    this.#synced.delete(watcher.options.range, watcher);
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
        this.#synced.add(watcher.options.range, watcher);
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
    if (this.#synced.size === 0) return;
    const selected = new Map<WatcherGroup<Watcher>, StoreEvent[]>();
    for (const event of events)
      this.#synced.forEachOf(event.kv.key, (group) => {
        const list = selected.get(group);
        if (list) list.push(event);
        else selected.set(group, [event]);
      });
    for (const [{ watchers }, list] of selected)
      for (const watcher of [...watchers]) this.#tell(watcher, list, revision);
  }

  #tell(watcher: Watcher, events: readonly StoreEvent[], revision: Revision): void {
    // A watcher from a future revision waits for it; one that was told before may have closed this one.
    if (revision < watcher.nextRevision || watcher.isClosed) return;
    const wanted = this.#refine(watcher, events, revision);
    if (wanted.length === 0) return;
    if (watcher.options.deliver(wanted, revision)) {
      watcher.nextRevision = revision + 1;
    } else {
      this.#synced.delete(watcher.options.range, watcher);
      watcher.isSynced = false;
      watcher.nextRevision = revision;
      this.#unsynced.add(watcher);
    }
  }

  #select(watcher: Watcher, events: readonly StoreEvent[], revision: Revision): readonly WatchedEvent[] {
    const { range } = watcher.options;
    return this.#refine(
      watcher,
      events.filter(({ kv }) => inRange(kv.key, range)),
      revision,
    );
  }

  /** Of events in its range those it wants, as it wants them; the list itself where it wants them all as they are. */
  #refine(watcher: Watcher, events: readonly StoreEvent[], revision: Revision): readonly WatchedEvent[] {
    const { isFiltered, wantsPrevious } = watcher.options;
    const wanted = isFiltered ? events.filter((event) => !isFiltered(event)) : events;
    if (!wantsPrevious) return wanted;
    return wanted.map((event) => {
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
}
