import {
  FROM_KEY_END,
  type KeyRange,
  type KeyValue,
  type Revision,
  type RevisionPair,
  type Store,
} from "@drydock/mvcc";
import { encodeKeyValue, StoredKeyValue } from "../backend/key-value-codec.ts";
import { crc32c } from "../snapshot/crc32c.ts";
import { encodeRevision } from "../snapshot/etcd-format.ts";

export interface HashKv {
  readonly hash: number;
  readonly hashRevision: Revision;
  /** -1 for a store that was never compacted, as etcd has it. */
  readonly compactRevision: Revision;
}

const BUCKET = Buffer.from("key");
const ALL: KeyRange = { key: "", end: FROM_KEY_END };
const NOTHING = Buffer.alloc(0);

/** etcd's HashKV of everything up to a revision that the store has, row after row: the same figure that etcd finds for these keys. */
export class KvHash {
  readonly #store: Store;
  readonly #revision: Revision;
  /** As it was when this began: until it is complete the store may be compacted once more, but only up to the revision. */
  readonly #compacted: Revision;
  /** Then there may be revisions that it would have forgotten. */
  readonly #isCompacting: boolean;
  #isAnyThere: boolean | undefined;
  #hash = crc32c(BUCKET);

  constructor(store: Store, revision: Revision) {
    this.#store = store;
    this.#revision = revision;
    this.#compacted = store.compactedRevision;
    this.#isCompacting = store.isCompacting;
  }

  /** In order, all that there are. */
  add({ at, kv }: { readonly at: RevisionPair; readonly kv: KeyValue }): void {
    const isTombstone = kv.version === 0;
    // Whether a compaction keeps what was deleted by it, versions of etcd do not agree on.
    if (isTombstone && at.main === this.#compacted) return;
    if (at.main <= this.#compacted && !this.#isKept(at, kv.key)) return;
    const value = isTombstone
      ? encodeKeyValue({ key: kv.key, value: NOTHING, createRevision: 0, modRevision: 0, version: 0, lease: "0" })
      : kv instanceof StoredKeyValue
        ? kv.encoded
        : encodeKeyValue(kv);
    this.#hash = crc32c(value, crc32c(encodeRevision(at, isTombstone), this.#hash));
  }

  get result(): HashKv {
    return { hash: this.#hash, hashRevision: this.#revision, compactRevision: this.#compacted || -1 };
  }

  /** Of what lies before the compaction only that counts which another one, at this revision, would keep. */
  #isKept({ main }: RevisionPair, key: string): boolean {
    const revision = this.#revision;
    this.#isAnyThere ??= revision > 0 && this.#store.range(ALL, { revision, isCountOnly: true }).count > 0;
    if (this.#isAnyThere) return this.#store.writtenAt(key, revision)?.main === main;
    return !this.#isCompacting || this.#store.writtenAt(key, this.#compacted)?.main === main;
  }
}

/** All at once. */
export function hashKvAt(store: Store, revision: Revision): HashKv {
  const hash = new KvHash(store, revision);
  for (const row of store.backend.scan(0, Math.max(0, revision + 1))) hash.add(row);
  return hash.result;
}
