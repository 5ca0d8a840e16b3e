import type { Revision, RevisionPair } from "@drydock/mvcc";

/**
 * Changes that are not in the database yet. Revisions come in order and are only ever added or, by compaction, deleted; everything
 * else is a record by its key (latin-1 text), where undefined marks a deletion.
 */
export class GatheredChanges {
  readonly #revisions = new Map<Revision, Buffer[]>();
  readonly #deleted = new Map<string, RevisionPair>();
  readonly records = new Map<string, Buffer | undefined>();
  #count = 0;
  #firstRevision = Number.POSITIVE_INFINITY;

  get count(): number {
    return this.#count + this.#deleted.size + this.records.size;
  }

  /** The first revision here; Infinity when there is none. */
  get firstRevision(): Revision {
    return this.#firstRevision;
  }

  put({ main, sub }: RevisionPair, bytes: Buffer): void {
    const subs = this.#revisions.get(main);
    if (subs) subs[sub] = bytes;
    else {
      const list: Buffer[] = [];
      list[sub] = bytes;
      this.#revisions.set(main, list);
      if (main < this.#firstRevision) this.#firstRevision = main;
    }
    this.#count++;
  }

  get({ main, sub }: RevisionPair): Buffer | undefined {
    return this.#revisions.get(main)?.[sub];
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

  /** In order, deleted ones too. */
  *revisions(from: Revision, to: Revision): Iterable<{ at: RevisionPair; bytes: Buffer }> {
    for (const [main, subs] of this.#revisions) {
      if (main < from || main >= to) continue;
      for (const [sub, bytes] of subs.entries()) if (bytes) yield { at: { main, sub }, bytes };
    }
  }
}

function nameOf({ main, sub }: RevisionPair): string {
  return `${main}.${sub}`;
}
