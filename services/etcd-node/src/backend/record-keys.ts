import type { RevisionPair } from "@drydock/mvcc";

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
} as const;

export const MARK_REVISIONS = Buffer.from(`${KIND.mark}revisions`);
export const MARK_APPLIED = Buffer.from(`${KIND.mark}applied`);

export function kindRange(kind: string): { start: Buffer; end: Buffer } {
  return { start: Buffer.from(kind), end: Buffer.from([kind.charCodeAt(0) + 1]) };
}

/** Sorts as the revisions do. */
export function revisionKey({ main, sub }: RevisionPair): Buffer {
  const key = Buffer.allocUnsafe(13);
  key[0] = KIND.revision.charCodeAt(0);
  key.writeUInt32BE(Math.floor(main / 2 ** 32), 1);
  key.writeUInt32BE(main >>> 0, 5);
  key.writeUInt32BE(sub, 9);
  return key;
}

export function revisionOf(key: Buffer): RevisionPair {
  return { main: key.readUInt32BE(1) * 2 ** 32 + key.readUInt32BE(5), sub: key.readUInt32BE(9) };
}
