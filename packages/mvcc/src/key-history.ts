import { invariant } from "@drydock/base";
import { RevisionList } from "./revision-list.ts";
import type { Revision, RevisionPair } from "./types.ts";

/** One life of a key, from a put to the deletion that ended it. */
interface Generation {
  readonly created: Revision;
  /** Changes in order; of an ended generation the last one is the deletion (the tombstone). */
  revisions: RevisionList;
  /** Changes ever, compacted ones included: the key's version. */
  readonly version: number;
  readonly isEnded: boolean;
}

export interface KeyState {
  /** Where the value lies. */
  readonly modified: RevisionPair;
  readonly created: Revision;
  readonly version: number;
}

const NOTHING: RevisionPair[] = [];

/**
 * All revisions of one key that were not compacted, in generations. There are as many of these as there are keys, and most have one
 * revision: so the last revision of the last generation lies in the object itself, and what is older only where there is any.
 */
export class KeyHistory {
  #main: Revision = 0;
  #sub = 0;
  #created: Revision = 0;
  #version = 0;
  #isEnded = false;
  /** Of the last generation, oldest first. */
  #earlier: RevisionList | undefined;
  /** Ended ones, oldest first. */
  #older: Generation[] | undefined;

  /** Of the last generation, as `KeyState` has them. */
  get created(): Revision {
    return this.#created;
  }
  get version(): number {
    return this.#version;
  }

  get isEmpty(): boolean {
    return this.#main === 0;
  }

  put(at: RevisionPair): void {
    if (this.#isEnded || this.isEmpty) this.#begin(at.main);
    else this.#keepLast();
    this.#setLast(at);
    this.#version++;
  }

  /** Puts back what the backend tells of a key when the store is opened. */
  restore(at: RevisionPair, created: Revision, version: number): void {
    if (this.#isEnded || this.isEmpty) this.#begin(created);
    else this.#keepLast();
    this.#setLast(at);
    this.#version = version;
  }

  tombstone(at: RevisionPair): void {
    // One whose puts were compacted away: nothing is visible through it.
    if (this.#isEnded || this.isEmpty) this.#begin(at.main);
    else this.#keepLast();
    this.#setLast(at);
    this.#isEnded = true;
  }

  existsAt(revision: Revision): boolean {
    return this.#main <= revision ? !this.#isEnded && this.#main > 0 : this.at(revision) !== undefined;
  }

  /** As `at` says it, without an object for what is asked most. */
  modifiedAt(revision: Revision): RevisionPair | undefined {
    if (this.#main > revision) return this.at(revision)?.modified;
    return this.#isEnded || this.isEmpty ? undefined : { main: this.#main, sub: this.#sub };
  }

  /** The key as it was at `revision`, or undefined when it did not exist then. */
  at(revision: Revision): KeyState | undefined {
    if (this.#main <= revision) return this.#isEnded || this.isEmpty ? undefined : this.#present();
    const earlier = this.#earlier;
    if (earlier && earlier.mainAt(0) <= revision) {
      const position = earlier.lastUpTo(revision);
      const puts = this.#isEnded ? earlier.length : earlier.length + 1;
      return {
        modified: earlier.at(position) as RevisionPair,
        created: this.#created,
        version: this.#version - (puts - 1 - position),
      };
    }
    return this.#olderAt(revision);
  }

  /**
   * Forgets what no read at `revision` or later can see. Returns the revisions that the backend may drop. Tombstones before
   * `revision` go with their generation.
   */
  compact(revision: Revision): readonly RevisionPair[] {
    if (!this.#older && !this.#earlier && !this.#isEnded) return NOTHING;
    const dropped: RevisionPair[] = [];
    const kept: Generation[] = [];
    for (const generation of this.#generations()) {
      const { revisions } = generation;
      // A deletion at the very revision stays, or a watcher from there would miss it.
      if (generation.isEnded && revisions.mainAt(revisions.length - 1) < revision) {
        dropped.push(...revisions);
        continue;
      }
      const visible = Math.max(0, revisions.lastUpTo(revision));
      dropped.push(...revisions.slice(0, visible));
      generation.revisions = revisions.slice(visible);
      kept.push(generation);
    }
    this.#take(kept);
    return dropped;
  }

  #present(): KeyState {
    return {
      modified: { main: this.#main, sub: this.#sub },
      created: this.#created,
      version: this.#version,
    };
  }

  #begin(created: Revision): void {
    if (!this.isEmpty) {
      this.#older ??= [];
      this.#older.push(this.#lastGeneration());
    }
    this.#created = created;
    this.#version = 0;
    this.#isEnded = false;
    this.#earlier = undefined;
  }

  #keepLast(): void {
    this.#earlier ??= new RevisionList();
    this.#earlier.push({ main: this.#main, sub: this.#sub });
  }

  #setLast({ main, sub }: RevisionPair): void {
    this.#main = main;
    this.#sub = sub;
  }

  #olderAt(revision: Revision): KeyState | undefined {
    const older = this.#older ?? [];
    for (let index = older.length - 1; index >= 0; index--) {
      const { created, revisions, version } = older[index] as Generation;
      if (revisions.mainAt(0) > revision) continue;
      const position = revisions.lastUpTo(revision);
      const tombstone = revisions.length - 1;
      if (position === tombstone) return undefined;
      return {
        modified: revisions.at(position) as RevisionPair,
        created,
        version: version - (tombstone - 1 - position),
      };
    }
    return undefined;
  }

  #lastGeneration(): Generation {
    const revisions = this.#earlier?.slice(0) ?? new RevisionList();
    revisions.push({ main: this.#main, sub: this.#sub });
    return {
      created: this.#created,
      revisions,
      version: this.#version,
      isEnded: this.#isEnded,
    };
  }

  #generations(): Generation[] {
    return [...(this.#older ?? []), this.#lastGeneration()];
  }

  /** Becomes what is left of the generations; only the last can be one that has not ended. */
  #take(generations: Generation[]): void {
    const last = generations.pop();
    invariant(
      [...generations, ...(last ? [last] : [])].every(({ revisions }) => revisions.length > 0),
      "a generation keeps at least one revision",
    );
    this.#older = generations.length > 0 ? generations : undefined;
    const revisions = last?.revisions ?? new RevisionList();
    this.#setLast(revisions.pop() ?? { main: 0, sub: 0 });
    this.#earlier = revisions.length > 0 ? revisions : undefined;
    this.#isEnded = last?.isEnded ?? false;
    this.#version = last?.version ?? 0;
  }
}
