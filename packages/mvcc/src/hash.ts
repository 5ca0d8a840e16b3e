import type { Store } from "./store.ts";
import type { Revision } from "./types.ts";

/**
 * A checksum of everything visible from the last compaction up to `revision`: equal on members that agree. FNV-1a over every record
 * in order (etcd uses CRC-32C over its own record format, so the figures differ from etcd's).
 */
export function hashStore(store: Store, revision: Revision): number {
  let hash = 0x811c9dc5;
  const add = (byte: number) => {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  };
  const addNumber = (value: number) => {
    for (let rest = value, bytes = 0; bytes < 8; bytes++, rest = Math.floor(rest / 256)) add(rest % 256);
  };
  const { compactedRevision: compacted } = store;
  for (const { at, kv } of store.backend.scan(0, revision + 1)) {
    // What a compaction has not forgotten yet.
    if (at.main < compacted && store.writtenAt(kv.key, compacted)?.main !== at.main) continue;
    addNumber(at.main);
    addNumber(at.sub);
    for (let index = 0; index < kv.key.length; index++) add(kv.key.charCodeAt(index));
    for (const byte of kv.value) add(byte);
    addNumber(kv.createRevision);
    addNumber(kv.version);
  }
  return hash >>> 0;
}
