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
  sealed.writeUInt32LE(crc32(value, crc32(key)), 0);
  value.copy(sealed, SEAL_BYTES);
  return sealed;
}

/**
 * Seals a record where it lies: `sealed` begins with the room for the seal, and nothing is copied. The room is filled with zeros and counted in, from a sum
 * that they turn into the key's: one view does for the sum and for whoever writes the record.
 */
export function sealInPlace(key: Buffer, sealed: Buffer): void {
  sealed[0] = sealed[1] = sealed[2] = sealed[3] = 0;
  const sum = crc32(sealed, beforeZeros(checksumOfKey(key)));
  sealed[0] = sum;
  sealed[1] = sum >>> 8;
  sealed[2] = sum >>> 16;
  sealed[3] = sum >>> 24;
}

const POLYNOMIAL = 0xedb88320;
const TABLE = Int32Array.from({ length: 256 }, (_, octet) => {
  let sum = octet;
  for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ POLYNOMIAL : sum >>> 1;
  return sum;
});
/** Which entry of `TABLE` begins with an octet: no two begin with the same. */
const ENTRY_OF = Uint8Array.from({ length: 256 }, (_, octet) => TABLE.findIndex((sum) => sum >>> 24 === octet));

/** zlib's, whose call costs more than so few octets do. */
function checksumOfKey(key: Buffer): number {
  let sum = -1;
  for (let at = 0; at < key.length; at++) sum = (TABLE[(sum ^ (key[at] as number)) & 0xff] as number) ^ (sum >>> 8);
  return ~sum >>> 0;
}

/** The checksum that `SEAL_BYTES` zeros turn into the one given. */
function beforeZeros(checksum: number): number {
  let sum = ~checksum;
  for (let count = 0; count < SEAL_BYTES; count++) {
    const entry = ENTRY_OF[sum >>> 24] as number;
    sum = ((sum ^ (TABLE[entry] as number)) << 8) | entry;
  }
  return ~sum >>> 0;
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
