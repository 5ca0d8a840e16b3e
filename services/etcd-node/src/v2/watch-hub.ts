import { concerns, type StoredEvent } from "./event.ts";

export interface V2Watcher {
  readonly path: string;
  readonly isRecursive: boolean;
  /** Goes on after its first event. */
  readonly isStream: boolean;
  readonly sinceIndex: number;
  deliver(event: StoredEvent): void;
}

/** Who waits for the next event. */
export class WatchHub {
  readonly #watchers = new Set<V2Watcher>();

  get size(): number {
    return this.#watchers.size;
  }

  /** Returns how to stop waiting. */
  add(watcher: V2Watcher): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  notify(stored: StoredEvent): void {
    for (const watcher of this.#watchers) {
      const { path, isRecursive, isStream, sinceIndex } = watcher;
      if (stored.index < sinceIndex || !concerns(stored.event, path, isRecursive)) continue;
      if (!isStream) this.#watchers.delete(watcher);
      watcher.deliver(stored);
    }
  }
}
