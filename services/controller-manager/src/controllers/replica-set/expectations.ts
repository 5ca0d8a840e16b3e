import type { Clock } from "@drydock/base";

interface Expected {
  creations: number;
  readonly deletions: Set<string>;
  readonly sinceMs: number;
}

/** If the cache never shows what was expected, look again after this long. */
const TIMEOUT_MS = 5 * 60_000;

/** What a controller has done and its cache does not show yet: until it does, counting pods would count wrong. */
export class Expectations {
  readonly #clock: Clock;
  readonly #byKey = new Map<string, Expected>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  expectCreations(key: string, count: number): void {
    this.#byKey.set(key, { creations: count, deletions: new Set(), sinceMs: this.#clock.monotonicMs() });
  }

  expectDeletions(key: string, uids: readonly string[]): void {
    this.#byKey.set(key, { creations: 0, deletions: new Set(uids), sinceMs: this.#clock.monotonicMs() });
  }

  creationSeen(key: string): void {
    const expected = this.#byKey.get(key);
    if (expected && expected.creations > 0) expected.creations--;
  }

  deletionSeen(key: string, uid: string): void {
    this.#byKey.get(key)?.deletions.delete(uid);
  }

  areMet(key: string): boolean {
    const expected = this.#byKey.get(key);
    if (!expected) return true;
    const isLate = this.#clock.monotonicMs() - expected.sinceMs > TIMEOUT_MS;
    return isLate || (expected.creations <= 0 && expected.deletions.size === 0);
  }

  forget(key: string): void {
    this.#byKey.delete(key);
  }
}
