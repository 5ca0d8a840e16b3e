import type { Revision, RevisionPair } from "@drydock/mvcc";
import type { GatheredChanges } from "./gathered-changes.ts";
import type { StoredKeyValue } from "./key-value-codec.ts";
import type { PinnedRead } from "./pinned-read.ts";

/**
 * The revisions of a backend as they were at one moment, to be read bit by bit whatever happens meanwhile: what was in the database, and what had not been
 * written yet, which is only ever added to. Keeps space from being used again until it is released.
 */
export class FrozenRevisions {
  readonly #pin: PinnedRead;
  readonly #changes: readonly GatheredChanges[];
  readonly #deleted: ReadonlySet<string>;

  /** `changes`: oldest first. */
  constructor(pin: PinnedRead, changes: readonly GatheredChanges[]) {
    this.#pin = pin;
    this.#changes = changes;
    this.#deleted = new Set(changes.flatMap(({ deletions }) => Array.from(deletions, nameOf)));
  }

  /** Those up to `last`, which must not lie behind that moment, in order. Throws once they were released. */
  *upTo(last: Revision): Iterable<{ at: RevisionPair; kv: StoredKeyValue }> {
    const isThere = (at: RevisionPair) => this.#deleted.size === 0 || !this.#deleted.has(nameOf(at));
    // Nothing of it can be in what is pinned.
    const firstInMemory = Math.min(...this.#changes.map(({ firstRevision }) => firstRevision));
    for (const change of this.#pin.revisions(Math.min(last + 1, firstInMemory))) if (isThere(change.at)) yield change;
    for (const changes of this.#changes)
      for (const change of changes.revisions(0, last + 1)) if (isThere(change.at)) yield change;
  }

  release(): void {
    this.#pin.release();
  }
}

function nameOf({ main, sub }: RevisionPair): string {
  return `${main}.${sub}`;
}
