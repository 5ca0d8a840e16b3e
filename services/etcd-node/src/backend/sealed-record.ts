import { crc32 } from "node:zlib";
import { KIND, revisionOf } from "./record-keys.ts";

/** A record of the database is not what was written: the member must not go on with it, nor serve it. */
export class CorruptBackendError extends Error {
  override readonly name = "CorruptBackendError";
}

/** Before every record of the database. */
export const SEAL_BYTES = 4;

/** A record as it lies in the database: a checksum of key and value, then the value. With the key in it, a value in a wrong place shows too. */
export function seal(key: Buffer, value: Buffer): Buffer {
  const sealed = Buffer.allocUnsafe(SEAL_BYTES + value.length);
  value.copy(sealed, SEAL_BYTES);
  sealInPlace(key, sealed);
  return sealed;
}

/** Seals a record where it lies: `sealed` begins with the room for the seal, and nothing is copied. */
export function sealInPlace(key: Buffer, sealed: Buffer): void {
  sealed.writeUInt32LE(crc32(sealed.subarray(SEAL_BYTES), crc32(key)), 0);
}

/** The value, as a view. Throws CorruptBackendError that says which record of which file is damaged. */
export function unseal(key: Buffer, sealed: Buffer, path: string): Buffer {
  const value = sealed.subarray(SEAL_BYTES);
  const found = crc32(value, crc32(key));
  const expected = sealed.length < SEAL_BYTES ? undefined : sealed.readUInt32LE(0);
  if (found === expected) return value;
  const sums = `checksum is ${found.toString(16)}, should be ${expected?.toString(16) ?? "there"}`;
  throw new CorruptBackendError(`database ${path} is damaged in ${nameOf(key)}: ${sums}`);
}

function nameOf(key: Buffer): string {
  const kind = String.fromCharCode(key[0] ?? 0);
  if (kind === KIND.revision && key.length === 13) {
    const { main, sub } = revisionOf(key);
    return `the revisions from ${main}.${sub} on`;
  }
  const name = Object.entries(KIND).find(([, letter]) => letter === kind)?.[0] ?? "an unknown record";
  return `${name} ${JSON.stringify(key.subarray(1).toString("latin1"))}`;
}
