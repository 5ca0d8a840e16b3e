/** Delays between restarts of a container that keeps ending: upstream's 10 s doubling to 5 min, forgotten after twice that without a restart. */
const INITIAL_MS = 10_000;
const MAX_MS = 300_000;

interface Entry {
  delayMs: number;
  updatedAtMs: number;
}

/** Remembers, per key, how long the next restart must wait after the last end. Time is passed in. */
export class CrashBackoff {
  readonly #entries = new Map<string, Entry>();
  readonly #initialMs: number;
  readonly #maxMs: number;

  constructor(initialMs = INITIAL_MS, maxMs = MAX_MS) {
    this.#initialMs = initialMs;
    this.#maxMs = maxMs;
  }

  /** When a container that ended at `finishedAtMs` may start again; in the past when it may at once. */
  readyAtMs(key: string, finishedAtMs: number): number {
    const entry = this.#entries.get(key);
    return entry && !this.#isStale(entry, finishedAtMs) ? finishedAtMs + entry.delayMs : finishedAtMs;
  }

  /** The delay that the next end would bring, in ms; 0 when there is none. */
  delayMs(key: string): number {
    return this.#entries.get(key)?.delayMs ?? 0;
  }

  /** Notes a restart after an end at `finishedAtMs`: the next one waits longer. */
  next(key: string, finishedAtMs: number, nowMs: number): void {
    const entry = this.#entries.get(key);
    const delayMs =
      !entry || this.#isStale(entry, finishedAtMs) ? this.#initialMs : Math.min(entry.delayMs * 2, this.#maxMs);
    this.#entries.set(key, { delayMs, updatedAtMs: nowMs });
  }

  /** Drops what belongs to keys with this prefix (a pod that is gone). */
  forget(prefix: string): void {
    for (const key of this.#entries.keys()) if (key.startsWith(prefix)) this.#entries.delete(key);
  }

  #isStale(entry: Entry, atMs: number): boolean {
    return atMs - entry.updatedAtMs > 2 * this.#maxMs;
  }
}
