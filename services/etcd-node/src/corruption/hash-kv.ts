import { FROM_KEY_END, type KeyRange, type Revision, type Store } from "@drydock/mvcc";
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

/** etcd's HashKV, of everything up to a revision that the store has: the same figure that etcd finds for these keys. */
export function hashKvAt(store: Store, revision: Revision): HashKv {
  const compacted = store.compactedRevision;
  const isAnyThere = revision > 0 && store.range(ALL, { revision, isCountOnly: true }).count > 0;
  let hash = crc32c(BUCKET);
  for (const { at, kv } of store.backend.scan(0, Math.max(0, revision + 1))) {
    const isTombstone = kv.version === 0;
    // Whether a compaction keeps what was deleted by it, versions of etcd do not agree on.
    if (isTombstone && at.main === compacted) continue;
    // Of what lies before the compaction only that counts which another one, at this revision, would keep.
    if (isAnyThere && at.main <= compacted && store.writtenAt(kv.key, revision)?.main !== at.main) continue;
    const value = isTombstone
      ? encodeKeyValue({ key: kv.key, value: NOTHING, createRevision: 0, modRevision: 0, version: 0, lease: "0" })
      : kv instanceof StoredKeyValue
        ? kv.encoded
        : encodeKeyValue(kv);
    hash = crc32c(value, crc32c(encodeRevision(at, isTombstone), hash));
  }
  return { hash, hashRevision: revision, compactRevision: compacted || -1 };
}
