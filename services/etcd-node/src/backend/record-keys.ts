import type { Revision, RevisionPair } from "@drydock/mvcc";

/** The first byte of a record's key says what it is. */
export const KIND = {
  revision: "r",
  lease: "l",
  mark: "m",
  member: "n",
  removedMember: "x",
  alarm: "a",
  auth: "p",
  v2: "2",
  version: "v",
} as const;

export const MARK_REVISIONS = Buffer.from(`${KIND.mark}revisions`);
export const MARK_APPLIED = Buffer.from(`${KIND.mark}applied`);

const REVISION_KEY_BYTES = 13;
const REVISION_LETTER = KIND.revision.charCodeAt(0);

export function kindRange(kind: string): { start: Buffer; end: Buffer } {
  return { start: Buffer.from(kind), end: Buffer.from([kind.charCodeAt(0) + 1]) };
}

/** Sorts as the revisions do. */
export function revisionKey({ main, sub }: RevisionPair): Buffer {
  return writeRevisionKey(Buffer.allocUnsafe(REVISION_KEY_BYTES), main, sub);
}

/** The same into a buffer of `REVISION_KEY_BYTES`, for whoever makes many that are not kept. */
export function writeRevisionKey(key: Buffer, main: Revision, sub: number): Buffer {
  key[0] = REVISION_LETTER;
  writeUint32(key, Math.floor(main / 2 ** 32), 1);
  writeUint32(key, main >>> 0, 5);
  writeUint32(key, sub, 9);
  return key;
}

function writeUint32(key: Buffer, value: number, at: number): void {
  key[at] = value >>> 24;
  key[at + 1] = value >>> 16;
  key[at + 2] = value >>> 8;
  key[at + 3] = value;
}

export function revisionRange(from: Revision, to: Revision): { start: Buffer; end: Buffer } {
  const start = revisionKey({ main: Math.max(0, from), sub: 0 });
  return { start, end: Number.isFinite(to) ? revisionKey({ main: to, sub: 0 }) : kindRange(KIND.revision).end };
}

export function revisionOf(key: Buffer): RevisionPair {
  return { main: key.readUInt32BE(1) * 2 ** 32 + key.readUInt32BE(5), sub: key.readUInt32BE(9) };
}
