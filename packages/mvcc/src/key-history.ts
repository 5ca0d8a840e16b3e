import { invariant } from "@drydock/base";
import type { Revision, RevisionPair } from "./types.ts";

/** One life of a key, from a put to the deletion that ended it. */
interface Generation {
  readonly created: RevisionPair;
  /** Changes in order; of an ended generation the last one is the deletion (the tombstone). */
  revisions: RevisionPair[];
  /** Changes ever, compacted ones included: the key's version. */
  version: number;
  isEnded: boolean;
}

export interface KeyState {
  /** Where the value lies. */
  readonly modified: RevisionPair;
  readonly created: RevisionPair;
  readonly version: number;
}

/** All revisions of one key that were not compacted, in generations. */
export class KeyHistory {
  #generations: Generation[] = [];

  get isEmpty(): boolean {
    return this.#generations.length === 0;
  }

  /** Returns the state after the put. */
  put(at: RevisionPair): KeyState {
    let current = this.#generations.at(-1);
    if (!current || current.isEnded) {
      current = { created: at, revisions: [], version: 0, isEnded: false };
      this.#generations.push(current);
    }
    current.revisions.push(at);
    current.version++;
    return { modified: at, created: current.created, version: current.version };
  }

  /** Puts back what the backend tells of a key when the store is opened. */
  restore(at: RevisionPair, createdMain: Revision, version: number): void {
    let current = this.#generations.at(-1);
    if (!current || current.isEnded) {
      const created = createdMain === at.main ? at : { main: createdMain, sub: 0 };
      current = { created, revisions: [], version: version - 1, isEnded: false };
      this.#generations.push(current);
    }
    current.revisions.push(at);
    current.version = version;
  }

  tombstone(at: RevisionPair): void {
    const current = this.#generations.at(-1);
    if (!current || current.isEnded) {
      // A tombstone whose puts were compacted away: nothing is visible through it.
      this.#generations.push({ created: at, revisions: [at], version: 0, isEnded: true });
      return;
    }
    current.revisions.push(at);
    current.isEnded = true;
  }

  /** The key as it was at `revision`, or undefined when it did not exist then. */
  at(revision: Revision): KeyState | undefined {
    for (let index = this.#generations.length - 1; index >= 0; index--) {
      const generation = this.#generations[index] as Generation;
      const { revisions } = generation;
      if ((revisions[0] as RevisionPair).main > revision) continue;
      let position = revisions.length - 1;
      while ((revisions[position] as RevisionPair).main > revision) position--;
      if (generation.isEnded && position === revisions.length - 1) return undefined;
      const puts = generation.isEnded ? revisions.length - 1 : revisions.length;
      return {
        modified: revisions[position] as RevisionPair,
        created: generation.created,
        version: generation.version - (puts - 1 - position),
      };
    }
    return undefined;
  }

  /**
   * Forgets what no read at `revision` or later can see. Returns the revisions that the backend may drop. Tombstones before
   * `revision` go with their generation.
   */
  compact(revision: Revision): RevisionPair[] {
    const dropped: RevisionPair[] = [];
    const kept: Generation[] = [];
    for (const generation of this.#generations) {
      const { revisions } = generation;
      const last = revisions.at(-1) as RevisionPair;
      // A deletion at the very revision stays, or a watcher from there would miss it.
      if (generation.isEnded && last.main < revision) {
        dropped.push(...revisions);
        continue;
      }
      let visible = 0;
      while (visible + 1 < revisions.length && (revisions[visible + 1] as RevisionPair).main <= revision) visible++;
      dropped.push(...revisions.slice(0, visible));
      generation.revisions = revisions.slice(visible);
      kept.push(generation);
    }
    this.#generations = kept;
    invariant(
      kept.every((generation) => generation.revisions.length > 0),
      "a generation keeps at least one revision",
    );
    return dropped;
  }
}
