import { crc32 } from "node:zlib";
import type { Entry, HardState, Ready, SnapshotMeta } from "@drydock/raft";
import { pack, unpack } from "msgpackr";
import type { Identity } from "../cluster/identity.ts";

/** What a WAL holds, in the order in which it was written. Later entries replace earlier ones of the same index. */
export type WalRecord =
  | { readonly kind: "entries"; readonly entries: readonly Entry[] }
  | { readonly kind: "hard-state"; readonly hardState: HardState }
  | { readonly kind: "snapshot"; readonly snapshot: SnapshotMeta }
  /** Whose log this is; the first record of every segment. */
  | { readonly kind: "identity"; readonly identity: Identity };

/** By their codes. A hard state once was msgpack, as the last two are; it is part of nearly every save. */
const KINDS = ["entries", "packed-hard-state", "snapshot", "identity", "hard-state"] as const;

/** Where a record belongs: segments are written over again, and what an earlier life left in them must not be taken for this one's. */
export interface RecordMark {
  /** A number that this log chose at random (u32): nobody outside can make a value that looks like a record of it. */
  readonly log: number;
  /** Counts the log's saves. Records of one save reach the disk together or not at all, whatever else a torn write shows. */
  readonly save: number;
}

/** Length of the payload (u32), checksum of what follows (u32), kind (u8) with this bit set, log (u32), save (f64); all little-endian. */
const MARKED = 0x80;
const HEADER_BYTES = 21;
const LOG_OFFSET = 9;
/** Before there were marks a record had only length, checksum and kind. */
const UNMARKED_HEADER_BYTES = 9;
/** Of a hard state: term, commit (f64 each); then comes the vote, as text. */
const HARD_STATE_BYTES = 16;
/** Of an entry: term (f64), index (f64), type (u8), length of the data (u32). */
const ENTRY_HEADER_BYTES = 21;

/** What must be on the disk before a Ready's messages may go out. */
export function recordsOf(ready: Ready): WalRecord[] {
  const records: WalRecord[] = [];
  if (ready.snapshot) records.push({ kind: "snapshot", snapshot: ready.snapshot });
  if (ready.entries.length > 0) records.push({ kind: "entries", entries: ready.entries });
  if (ready.hardState) records.push({ kind: "hard-state", hardState: ready.hardState });
  return records;
}

/** One behind the other, at the beginning of `target` when they fit there, else in a buffer of their own. */
export function encodeRecords(records: readonly WalRecord[], mark: RecordMark, target: Buffer): Buffer {
  const packed = records.map(packedIf);
  let size = 0;
  for (const [position, record] of records.entries())
    size += HEADER_BYTES + (packed[position]?.length ?? payloadSize(record));
  const bytes = size <= target.length ? target.subarray(0, size) : Buffer.allocUnsafeSlow(size);
  let at = 0;
  for (const [position, record] of records.entries()) {
    const start = at + HEADER_BYTES;
    const content = packed[position];
    const end = content ? start + content.copy(bytes, start) : writePayload(record, bytes, start);
    bytes.writeUInt32LE(end - start, at);
    bytes[at + 8] = MARKED | KINDS.indexOf(record.kind);
    bytes.writeUInt32LE(mark.log, at + LOG_OFFSET);
    bytes.writeDoubleLE(mark.save, at + LOG_OFFSET + 4);
    bytes.writeUInt32LE(crc32(bytes.subarray(at + 8, end)), at + 4);
    at = end;
  }
  return bytes;
}

export type DecodedRecord =
  | {
      readonly kind: "record";
      readonly record: WalRecord;
      readonly mark: RecordMark | undefined;
      readonly nextOffset: number;
    }
  /** Zeros, or the end of the file: nothing was written here yet. */
  | { readonly kind: "end" }
  /** A write that did not complete, or damage. */
  | { readonly kind: "broken"; readonly reason: string };

export function decodeRecord(bytes: Buffer, offset: number): DecodedRecord {
  if (offset + UNMARKED_HEADER_BYTES > bytes.length) return { kind: "end" };
  const length = bytes.readUInt32LE(offset);
  const checksum = bytes.readUInt32LE(offset + 4);
  if (length === 0 && checksum === 0) return { kind: "end" };
  const isMarked = ((bytes[offset + 8] as number) & MARKED) !== 0;
  const start = offset + (isMarked ? HEADER_BYTES : UNMARKED_HEADER_BYTES);
  const end = start + length;
  if (end > bytes.length) return { kind: "broken", reason: `a record of ${length} bytes does not fit` };
  const found = crc32(bytes.subarray(offset + 8, end));
  if (found !== checksum)
    return { kind: "broken", reason: `checksum is ${found.toString(16)}, should be ${checksum.toString(16)}` };
  const kind = KINDS[(bytes[offset + 8] as number) & ~MARKED];
  if (!kind) return { kind: "broken", reason: `unknown kind ${bytes[offset + 8]}` };
  const mark = isMarked ? markAt(bytes, offset) : undefined;
  return { kind: "record", record: decodePayload(kind, bytes.subarray(start, end)), mark, nextOffset: end };
}

/** Whether a record of a save after `mark.save` lies anywhere behind `offset`. */
export function hasLaterSave(bytes: Buffer, offset: number, mark: RecordMark): boolean {
  const log = Buffer.alloc(4);
  log.writeUInt32LE(mark.log);
  for (let at = bytes.indexOf(log, offset); at >= 0; at = bytes.indexOf(log, at + 1)) {
    const start = at - LOG_OFFSET;
    if (start < offset || at + HEADER_BYTES - LOG_OFFSET > bytes.length) continue;
    if (!(markAt(bytes, start).save > mark.save)) continue;
    const decoded = decodeRecord(bytes, start);
    if (decoded.kind === "record" && decoded.mark !== undefined) return true;
  }
  return false;
}

function markAt(bytes: Buffer, offset: number): RecordMark {
  return { log: bytes.readUInt32LE(offset + LOG_OFFSET), save: bytes.readDoubleLE(offset + LOG_OFFSET + 4) };
}

export function entriesSize(entries: readonly Entry[]): number {
  let size = 0;
  for (const { data } of entries) size += ENTRY_HEADER_BYTES + data.length;
  return size;
}

/** Writes the entries one behind the other; returns where they end. */
export function writeEntries(entries: readonly Entry[], target: Buffer, start: number): number {
  let at = start;
  for (const { term, index, type, data } of entries) {
    target.writeDoubleLE(term, at);
    target.writeDoubleLE(index, at + 8);
    target[at + 16] = type === "normal" ? 0 : 1;
    target.writeUInt32LE(data.length, at + 17);
    target.set(data, at + ENTRY_HEADER_BYTES);
    at += ENTRY_HEADER_BYTES + data.length;
  }
  return at;
}

/** What `writeEntries` wrote, from `start` to the end. `dataOf` makes an entry's data of a span of the octets: as a rule a view. */
export function readEntries(bytes: Buffer, start = 0, dataOf = viewOf): Entry[] {
  const entries: Entry[] = [];
  for (let at = start; at < bytes.length; ) {
    const dataStart = at + ENTRY_HEADER_BYTES;
    const end = dataStart + bytes.readUInt32LE(at + 17);
    entries.push({
      term: bytes.readDoubleLE(at),
      index: bytes.readDoubleLE(at + 8),
      type: bytes[at + 16] === 0 ? "normal" : "configuration",
      data: dataOf(bytes, dataStart, end),
    });
    at = end;
  }
  return entries;
}

function viewOf(bytes: Buffer, start: number, end: number): Buffer {
  return bytes.subarray(start, end);
}

/** What comes seldom is msgpack. */
function packedIf(record: WalRecord): Buffer | undefined {
  if (record.kind === "snapshot") return pack(record.snapshot);
  return record.kind === "identity" ? pack(record.identity) : undefined;
}

function payloadSize(record: WalRecord): number {
  if (record.kind === "entries") return entriesSize(record.entries);
  return record.kind === "hard-state" ? HARD_STATE_BYTES + Buffer.byteLength(record.hardState.vote) : 0;
}

function writePayload(record: WalRecord, bytes: Buffer, start: number): number {
  if (record.kind === "entries") return writeEntries(record.entries, bytes, start);
  if (record.kind !== "hard-state") return start;
  const { term, commit, vote } = record.hardState;
  bytes.writeDoubleLE(term, start);
  const voteAt = bytes.writeDoubleLE(commit, start + 8);
  return voteAt + bytes.write(vote, voteAt);
}

function decodePayload(kind: (typeof KINDS)[number], payload: Buffer): WalRecord {
  if (kind === "entries") return { kind, entries: readEntries(payload) };
  if (kind === "hard-state") return { kind, hardState: readHardState(payload) };
  const value: unknown = unpack(payload);
  if (kind === "packed-hard-state") return { kind: "hard-state", hardState: value as HardState };
  return kind === "snapshot" ? { kind, snapshot: value as SnapshotMeta } : { kind, identity: value as Identity };
}

function readHardState(payload: Buffer): HardState {
  return {
    term: payload.readDoubleLE(0),
    vote: payload.toString("utf8", HARD_STATE_BYTES),
    commit: payload.readDoubleLE(8),
  };
}
