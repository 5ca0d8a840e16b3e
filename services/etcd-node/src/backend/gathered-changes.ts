import { invariant } from "@drydock/base";
import type { Revision, RevisionPair } from "@drydock/mvcc";

/**
 * Changes that are not in the database yet. Revisions come in order and are only ever added or, by compaction, deleted; everything
 * else is a record by its key (latin-1 text), where undefined marks a deletion.
 */
export class GatheredChanges {
  /** In order, and the changes of each beside them: nearly all have a single one. */
  readonly #mains: Revision[] = [];
  readonly #changes: (Buffer | Buffer[])[] = [];
  readonly #deleted = new Map<string, RevisionPair>();
  readonly records = new Map<string, Buffer | undefined>();
  #count = 0;

  get count(): number {
    return this.#count + this.#deleted.size + this.records.size;
  }

  /** The first revision here; Infinity when there is none. */
  get firstRevision(): Revision {
    return this.#mains[0] ?? Number.POSITIVE_INFINITY;
  }

  put({ main, sub }: RevisionPair, bytes: Buffer): void {
    this.#count++;
    const last = this.#mains.length - 1;
    if (this.#mains[last] === main) {
      const present = this.#changes[last] as Buffer | Buffer[];
      const list = Array.isArray(present) ? present : [present];
      list[sub] = bytes;
      this.#changes[last] = list;
      return;
    }
    invariant(last < 0 || main > (this.#mains[last] as Revision), "revisions come in order", { main });
    this.#mains.push(main);
    if (sub === 0) this.#changes.push(bytes);
    else {
      const list: Buffer[] = [];
      list[sub] = bytes;
      this.#changes.push(list);
    }
  }

  get({ main, sub }: RevisionPair): Buffer | undefined {
    if (main < this.firstRevision) return undefined;
    const at = this.#indexOf(main);
    if (this.#mains[at] !== main) return undefined;
    const present = this.#changes[at] as Buffer | Buffer[];
    if (Array.isArray(present)) return present[sub];
    return sub === 0 ? present : undefined;
  }

  delete(at: RevisionPair): void {
    this.#deleted.set(nameOf(at), at);
  }

  isDeleted(at: RevisionPair): boolean {
    return this.#deleted.size > 0 && this.#deleted.has(nameOf(at));
  }

  get deletions(): Iterable<RevisionPair> {
    return this.#deleted.values();
  }

  /** All revisions, deleted ones too, in order. */
  forEachRevision(visit: (main: Revision, sub: number, bytes: Buffer) => void): void {
    for (let at = 0; at < this.#mains.length; at++) {
      const main = this.#mains[at] as Revision;
      const present = this.#changes[at] as Buffer | Buffer[];
      if (!Array.isArray(present)) visit(main, 0, present);
      else for (const [sub, bytes] of present.entries()) visit(main, sub, bytes);
    }
  }

  /** Those of a span, deleted ones too, in order. */
  *revisions(from: Revision, to: Revision): Iterable<{ at: RevisionPair; bytes: Buffer }> {
    for (let at = this.#indexOf(from); at < this.#mains.length; at++) {
      const main = this.#mains[at] as Revision;
      if (main >= to) return;
      const present = this.#changes[at] as Buffer | Buffer[];
      if (!Array.isArray(present)) yield { at: { main, sub: 0 }, bytes: present };
      else for (const [sub, bytes] of present.entries()) if (bytes) yield { at: { main, sub }, bytes };
    }
  }

  /** Of the first revision that is not before `main`. As a rule none is left out between two. */
  #indexOf(main: Revision): number {
    const guess = main - this.firstRevision;
    if (guess < 0) return 0;
    if (this.#mains[guess] === main) return guess;
    let low = 0;
    let high = this.#mains.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#mains[middle] as Revision) < main) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function nameOf({ main, sub }: RevisionPair): string {
  return `${main}.${sub}`;
}
