import type { KeyIndex } from "./key-index.ts";
import { compareRevisions, mergeRevisions } from "./merge-revisions.ts";
import type { Revision, RevisionPair } from "./types.ts";

/** So many are put in order at once. */
const RUN_LENGTH = 2048;

/**
 * Forgets, in many small steps, what no read at a revision or later can see: first the index does, key by key, then the backend is told, in the order of the
 * revisions. So whenever it is interrupted, the backend has no value without the deletion that came after it.
 */
export class Compaction {
  readonly revision: Revision;
  readonly #keys: Iterator<readonly RevisionPair[]>;
  readonly #runs: RevisionPair[][] = [];
  #run: RevisionPair[] = [];
  /** Once all keys have been looked at. */
  #dropped: Iterator<RevisionPair> | undefined;

  constructor(index: KeyIndex, revision: Revision) {
    this.revision = revision;
    this.#keys = index.compact(revision);
  }

  /** A step looks at a key or drops a revision. True while there is more to do. */
  advance(steps: number, drop: (at: RevisionPair) => void): boolean {
    for (let left = steps; left > 0; left--) {
      if (!this.#dropped) this.#look();
      else {
        const next = this.#dropped.next();
        if (next.done) return false;
        drop(next.value);
      }
    }
    return true;
  }

  #look(): void {
    const next = this.#keys.next();
    if (next.done) {
      this.#endRun();
      this.#dropped = mergeRevisions(this.#runs);
      return;
    }
    for (const at of next.value) this.#run.push(at);
    if (this.#run.length >= RUN_LENGTH) this.#endRun();
  }

  #endRun(): void {
    this.#runs.push(this.#run.sort(compareRevisions));
    this.#run = [];
  }
}
