import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { type Bucket, type ByteSource, openDatabase } from "@drydock/bbolt";

/** What is wrong with a file, or with what was asked, in words for people. */
export class OfflineError extends Error {
  override readonly name = "OfflineError";
}

export interface SnapshotFile {
  readonly root: Bucket;
  /** Of the database, without the hash behind it. */
  readonly sizeBytes: number;
}

const HASH_BYTES = 32;
/** A database is whole pages; what is left over is the hash. */
const SECTOR_BYTES = 512;
const CHUNK_BYTES = 1024 * 1024;

/** Opens a snapshot, of this server or of etcd, for the time of `use`. `needsHash`: a file that does not end with its hash is refused. */
export function withSnapshotFile<T>(
  path: string,
  { checksHash, needsHash }: { checksHash: boolean; needsHash: boolean },
  use: (file: SnapshotFile) => T,
): T {
  const descriptor = openSync(path, "r");
  const close = () => closeSync(descriptor);
  let result: T;
  try {
    const fileBytes = fstatSync(descriptor).size;
    const hasHash = fileBytes % SECTOR_BYTES === HASH_BYTES;
    if (!hasHash && needsHash) throw new OfflineError(describeMissingHash(descriptor, fileBytes));
    const source = sourceOf(descriptor, hasHash ? fileBytes - HASH_BYTES : fileBytes);
    if (hasHash && checksHash) checkHash(descriptor, source);
    result = use(openDatabase(source));
  } catch (error) {
    close();
    throw error;
  }
  if (!(result instanceof Promise)) {
    close();
    return result;
  }
  return result.finally(close) as T;
}

function sourceOf(descriptor: number, sizeBytes: number): ByteSource {
  return {
    sizeBytes,
    read(offset, length) {
      const bytes = Buffer.alloc(Math.max(0, Math.min(length, sizeBytes - offset)));
      return bytes.subarray(0, bytes.length > 0 ? readSync(descriptor, bytes, 0, bytes.length, offset) : 0);
    },
  };
}

/** A file that was cut off has no hash either: then that is what is wrong with it. */
function describeMissingHash(descriptor: number, fileBytes: number): string {
  openDatabase(sourceOf(descriptor, fileBytes));
  return "snapshot missing hash but --skip-hash-check=false";
}

function checkHash(descriptor: number, { sizeBytes, read }: ByteSource): void {
  const digest = createHash("sha256");
  for (let at = 0; at < sizeBytes; at += CHUNK_BYTES) digest.update(read(at, CHUNK_BYTES));
  const found = digest.digest();
  const expected = Buffer.alloc(HASH_BYTES);
  readSync(descriptor, expected, 0, HASH_BYTES, sizeBytes);
  if (!found.equals(expected))
    throw new OfflineError(
      `the snapshot is damaged: expected sha256 ${expected.toString("hex")}, got ${found.toString("hex")}`,
    );
}
