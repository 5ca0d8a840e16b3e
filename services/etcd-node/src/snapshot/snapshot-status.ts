import { textOf } from "@drydock/bbolt";
import { crc32c } from "./crc32c.ts";
import { BUCKET, decodeRevision } from "./etcd-format.ts";
import { withSnapshotFile } from "./snapshot-file.ts";

/** What `snapshot status` tells; the hash is etcd's, CRC-32C over every bucket's name, keys and values. */
export interface SnapshotStatus {
  readonly hash: number;
  readonly revision: number;
  readonly totalKey: number;
  readonly totalSize: number;
}

/** Reads all of it. Throws OfflineError or DamagedFileError. A database without the hash behind it, as a member has it, is taken too. */
export function readSnapshotStatus(path: string): SnapshotStatus {
  return withSnapshotFile(path, { checksHash: true, needsHash: false }, ({ root, sizeBytes }) => {
    let hash = 0;
    let revision = 0;
    let totalKey = 0;
    for (const { name, bucket } of root.buckets()) {
      hash = crc32c(name, hash);
      const holdsRevisions = textOf(name) === BUCKET.key;
      for (const { key, value } of bucket.entries()) {
        hash = crc32c(value, crc32c(key, hash));
        totalKey++;
        if (holdsRevisions) revision = decodeRevision(key)?.at.main ?? revision;
      }
    }
    return { hash, revision, totalKey, totalSize: sizeBytes };
  });
}
