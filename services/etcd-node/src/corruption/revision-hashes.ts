import type { Revision, RevisionPair, Store } from "@drydock/mvcc";
import type { FrozenRevisions } from "../backend/frozen-revisions.ts";
import type { StoredKeyValue } from "../backend/key-value-codec.ts";
import { DurationHistogram, doublingBounds } from "../metrics/duration-histogram.ts";
import { type HashKv, KvHash } from "./hash-kv.ts";

/** etcd's. */
const REMEMBERED_MAX = 10;
const BOUNDS = doublingBounds(0.01, 15);
/** What waits meanwhile waits no longer than this. */
const SLICE_MS = 1;
/** So long a hash that nobody waits for rests after each slice. */
const REST_MS = 3;
const ROWS_BETWEEN_LOOKS = 32;

interface Revisions {
  freeze(): FrozenRevisions;
}

/**
 * Hashes of the store at its revisions, found bit by bit while other work goes on. What a compaction forgets is hashed before it is forgotten, and the
 * last of these hashes are remembered: members can still be compared there.
 */
export class RevisionHashes {
  /** As `Hash` and `HashKV` ask for them. */
  readonly durations = { whole: new DurationHistogram(BOUNDS), at: new DurationHistogram(BOUNDS) };
  readonly #store: Store;
  readonly #backend: Revisions;
  #remembered: readonly HashKv[] = [];
  readonly #asked = new Map<Revision, HashRun>();
  #ofCompaction: HashRun | undefined;

  constructor(store: Store, backend: Revisions) {
    this.#store = store;
    this.#backend = backend;
  }

  /** Those that compactions left, oldest first. */
  get remembered(): readonly HashKv[] {
    return this.#remembered;
  }

  /** Undefined when no compaction was at this revision, or it is long ago; waits for one that is just being hashed. */
  async rememberedAt(revision: Revision): Promise<HashKv | undefined> {
    if (this.#ofCompaction?.revision === revision) await this.settled();
    return this.#remembered.find(({ hashRevision }) => hashRevision === revision);
  }

  /** Of a revision that the store has. Rejects when what it reads is damaged, or the store is closed. */
  at(revision: Revision): Promise<HashKv> {
    return timed(this.durations.at, this.#ask(revision));
  }

  /** Of everything there is. Rejects likewise. */
  whole(): Promise<HashKv> {
    return timed(this.durations.whole, this.#ask(this.#store.revision));
  }

  /** Who asks for the same at the same time shares it. */
  async #ask(revision: Revision): Promise<HashKv> {
    const run = this.#asked.get(revision) ?? new HashRun(this.#store, this.#backend.freeze(), revision);
    this.#asked.set(revision, run);
    try {
      return await run.inSlices();
    } finally {
      if (this.#asked.get(revision) === run) this.#asked.delete(revision);
    }
  }

  /** To be called before the store is compacted at this revision. */
  beforeCompaction(revision: Revision): void {
    if (revision <= this.#store.compactedRevision || revision > this.#store.revision) return;
    // Their revisions may go. As a rule there are none.
    for (const run of this.#asked.values()) run.finish();
    this.#asked.clear();
    // Compactions that come faster than their hashes leave none.
    this.#ofCompaction?.abandon();
    // What the one before has not forgotten yet is not to be hashed.
    this.#store.goOnCompacting();
    const run = new HashRun(this.#store, this.#backend.freeze(), revision);
    this.#ofCompaction = run;
    run.inSlices(false).then(
      (hash) => {
        if (this.#ofCompaction === run) this.#ofCompaction = undefined;
        this.#remembered = [...this.#remembered, hash].slice(-REMEMBERED_MAX);
      },
      // Whoever reads what is damaged is told of it.
      () => {},
    );
  }

  /** Resolves when no compaction is being hashed. */
  async settled(): Promise<void> {
    await this.#ofCompaction?.inSlices().catch(() => {});
  }
}

async function timed<T>(durations: DurationHistogram, work: Promise<T>): Promise<T> {
  const startMs = performance.now();
  try {
    return await work;
  } finally {
    durations.observe(performance.now() - startMs);
  }
}

/** One hash on its way. */
class HashRun {
  readonly revision: Revision;
  readonly #hash: KvHash;
  readonly #frozen: FrozenRevisions;
  readonly #rows: Iterator<{ at: RevisionPair; kv: StoredKeyValue }>;
  readonly #outcome = Promise.withResolvers<HashKv>();
  #isBegun = false;
  #isAwaited = false;
  #isOver = false;

  constructor(store: Store, frozen: FrozenRevisions, revision: Revision) {
    this.revision = revision;
    this.#hash = new KvHash(store, revision);
    this.#frozen = frozen;
    this.#rows = frozen.upTo(revision)[Symbol.iterator]();
    this.#outcome.promise.catch(() => {});
  }

  /** Whoever waits for it asks; until somebody does, all other work comes first. */
  inSlices(isAwaited = true): Promise<HashKv> {
    this.#isAwaited ||= isAwaited;
    if (!this.#isBegun) setImmediate(this.#goOn);
    this.#isBegun = true;
    return this.#outcome.promise;
  }

  /** All that is left of it, now. */
  finish(): void {
    this.#advance(Number.POSITIVE_INFINITY);
  }

  abandon(): void {
    this.#end(() => this.#outcome.reject(new Error("the hash was given up")));
  }

  readonly #goOn = (): void => {
    this.#advance(performance.now() + SLICE_MS);
    if (this.#isOver) return;
    if (this.#isAwaited) setImmediate(this.#goOn);
    else setTimeout(this.#goOn, REST_MS);
  };

  #advance(untilMs: number): void {
    try {
      while (!this.#isOver && performance.now() < untilMs) this.#addRows();
    } catch (error) {
      this.#end(() => this.#outcome.reject(error));
    }
  }

  #addRows(): void {
    for (let count = 0; count < ROWS_BETWEEN_LOOKS; count++) {
      const row = this.#rows.next();
      if (row.done) return this.#end(() => this.#outcome.resolve(this.#hash.result));
      this.#hash.add(row.value);
    }
  }

  #end(settle: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#frozen.release();
    settle();
  }
}
