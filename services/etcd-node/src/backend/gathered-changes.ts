import { invariant } from "@drydock/base";
import type { Revision, RevisionPair } from "@drydock/mvcc";
import { StoredKeyValue } from "./key-value-codec.ts";
import { RecordSpans } from "./record-spans.ts";

/**
 * Changes that are not in the database yet. Revisions come in order and are only ever added or, by compaction, deleted; everything
 * else is a record by its key (latin-1 text), where undefined marks a deletion.
 */
export class GatheredChanges {
  /** Of each change, in order; those of one transaction stand side by side, the first is its `sub` 0. */
  readonly #mains: Revision[] = [];
  readonly #spans = new RecordSpans();
  readonly #deleted = new Map<string, RevisionPair>();
  readonly records = new Map<string, Buffer | undefined>();

  get count(): number {
    return this.#mains.length + this.#deleted.size + this.records.size;
  }

  get deletionCount(): number {
    return this.#deleted.size;
  }

  /** The first revision here; Infinity when there is none. */
  get firstRevision(): Revision {
    return this.#mains[0] ?? Number.POSITIVE_INFINITY;
  }

  /** A change that lies in a span of a slab, which must stay as it is. */
  put({ main, sub }: RevisionPair, slab: Buffer, start: number, end: number): void {
    const rows = this.#mains.length;
    const previous = sub === 0 ? undefined : this.#mains[rows - 1];
    const isInOrder = sub === 0 ? rows === 0 || main > (this.#mains[rows - 1] as Revision) : previous === main;
    invariant(isInOrder, "revisions come in order", { main, sub });
    this.#mains.push(main);
    this.#spans.push(slab, start, end);
  }

  get({ main, sub }: RevisionPair): StoredKeyValue | undefined {
    if (main < this.firstRevision) return undefined;
    const row = this.#rowOf(main) + sub;
    return this.#mains[row] === main ? this.#at(row) : undefined;
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

  /** All revisions, deleted ones too, in order, with where they lie. */
  forEachRevision(visit: (main: Revision, sub: number, slab: Buffer, start: number, end: number) => void): void {
    let sub = 0;
    for (let row = 0; row < this.#mains.length; row++) {
      const main = this.#mains[row] as Revision;
      sub = row > 0 && this.#mains[row - 1] === main ? sub + 1 : 0;
      visit(main, sub, this.#spans.slabAt(row), this.#spans.startAt(row), this.#spans.endAt(row));
    }
  }

  /** Those of a span of revisions, deleted ones too, in order. */
  *revisions(from: Revision, to: Revision): Iterable<{ at: RevisionPair; kv: StoredKeyValue }> {
    let sub = 0;
    const first = this.#rowOf(from);
    for (let row = first; row < this.#mains.length; row++) {
      const main = this.#mains[row] as Revision;
      if (main >= to) return;
      sub = row > first && this.#mains[row - 1] === main ? sub + 1 : 0;
      yield { at: { main, sub }, kv: this.#at(row) };
    }
  }

  #at(row: number): StoredKeyValue {
    return new StoredKeyValue(this.#spans.slabAt(row), this.#spans.startAt(row), this.#spans.endAt(row));
  }

  /** Of the first change that is not before `main`. As a rule no revision is left out between two, and each is one change. */
  #rowOf(main: Revision): number {
    const guess = main - this.firstRevision;
    if (guess <= 0) return 0;
    if (this.#mains[guess] === main && this.#mains[guess - 1] !== main) return guess;
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
