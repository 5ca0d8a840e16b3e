import { crc32 } from "node:zlib";
import type { Entry, HardState, Ready, SnapshotMeta } from "@drydock/raft";
import { pack, unpack } from "msgpackr";
import type { Identity } from "../cluster/identity.ts";

/** What a WAL holds, in the order in which it was written. Later entries replace earlier ones of the same index. */
export type WalRecord =
  | { readonly kind: "entry"; readonly entry: Entry }
  | { readonly kind: "hard-state"; readonly hardState: HardState }
  | { readonly kind: "snapshot"; readonly snapshot: SnapshotMeta }
  /** Whose log this is; the first record of every segment. */
  | { readonly kind: "identity"; readonly identity: Identity };

const KINDS = ["entry", "hard-state", "snapshot", "identity"] as const;
/** Length of the payload (u32), checksum of kind and payload (u32), kind (u8); all little-endian. */
const HEADER_BYTES = 9;

/** What must be on the disk before a Ready's messages may go out. */
export function recordsOf(ready: Ready): WalRecord[] {
  const records: WalRecord[] = [];
  if (ready.snapshot) records.push({ kind: "snapshot", snapshot: ready.snapshot });
  for (const entry of ready.entries) records.push({ kind: "entry", entry });
  if (ready.hardState) records.push({ kind: "hard-state", hardState: ready.hardState });
  return records;
}

export function encodeRecord(record: WalRecord): Buffer {
  const payload = encodePayload(record);
  const frame = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  frame.writeUInt32LE(payload.length, 0);
  frame[8] = KINDS.indexOf(record.kind);
  payload.copy(frame, HEADER_BYTES);
  frame.writeUInt32LE(crc32(frame.subarray(8)), 4);
  return frame;
}

export type DecodedRecord =
  | { readonly kind: "record"; readonly record: WalRecord; readonly nextOffset: number }
  /** Zeros up to the end: nothing was written here yet. */
  | { readonly kind: "end" }
  /** A write that did not complete, or damage. */
  | { readonly kind: "broken"; readonly reason: string };

export function decodeRecord(bytes: Buffer, offset: number): DecodedRecord {
  if (offset + HEADER_BYTES > bytes.length) return { kind: "end" };
  const length = bytes.readUInt32LE(offset);
  const checksum = bytes.readUInt32LE(offset + 4);
  if (length === 0 && checksum === 0) return { kind: "end" };
  const end = offset + HEADER_BYTES + length;
  if (end > bytes.length) return { kind: "broken", reason: `a record of ${length} bytes does not fit` };
  const found = crc32(bytes.subarray(offset + 8, end));
  if (found !== checksum)
    return { kind: "broken", reason: `checksum is ${found.toString(16)}, should be ${checksum.toString(16)}` };
  const kind = KINDS[bytes[offset + 8] as number];
  if (!kind) return { kind: "broken", reason: `unknown kind ${bytes[offset + 8]}` };
  return { kind: "record", record: decodePayload(kind, bytes.subarray(offset + HEADER_BYTES, end)), nextOffset: end };
}

function encodePayload(record: WalRecord): Buffer {
  if (record.kind === "entry") {
    const { term, index, type, data } = record.entry;
    const payload = Buffer.allocUnsafe(17 + data.length);
    payload.writeDoubleLE(term, 0);
    payload.writeDoubleLE(index, 8);
    payload[16] = type === "normal" ? 0 : 1;
    payload.set(data, 17);
    return payload;
  }
  if (record.kind === "hard-state") return pack(record.hardState);
  return pack(record.kind === "snapshot" ? record.snapshot : record.identity);
}

function decodePayload(kind: WalRecord["kind"], payload: Buffer): WalRecord {
  if (kind === "entry") {
    const entry: Entry = {
      term: payload.readDoubleLE(0),
      index: payload.readDoubleLE(8),
      type: payload[16] === 0 ? "normal" : "configuration",
      data: Buffer.from(payload.subarray(17)),
    };
    return { kind, entry };
  }
  const value: unknown = unpack(payload);
  if (kind === "hard-state") return { kind, hardState: value as HardState };
  return kind === "snapshot" ? { kind, snapshot: value as SnapshotMeta } : { kind, identity: value as Identity };
}
