import { crc32 } from "node:zlib";
import type { Entry, HardState, LogIndex, SnapshotMeta } from "@drydock/raft";
import type { VirtualDisk } from "./virtual-disk.ts";

/** The simulation's own write-ahead log: checksummed records in a file that may be torn at its end. */
export type LogRecord =
  | { readonly kind: "entry"; readonly entry: Entry }
  | { readonly kind: "hard-state"; readonly hardState: HardState }
  | { readonly kind: "snapshot"; readonly snapshot: SnapshotMeta };

export interface LogContents {
  readonly hardState: HardState;
  readonly snapshot: SnapshotMeta;
  readonly entries: readonly Entry[];
}

const HEADER_BYTES = 8;

export function encodeRecords(records: readonly LogRecord[]): Buffer {
  return Buffer.concat(
    records.map((record) => {
      const payload = Buffer.from(
        JSON.stringify(record, (_, value) => (value instanceof Uint8Array ? textOf(value) : value)),
      );
      const header = Buffer.alloc(HEADER_BYTES);
      header.writeUInt32LE(payload.length, 0);
      header.writeUInt32LE(crc32(payload), 4);
      return Buffer.concat([header, payload]);
    }),
  );
}

/** Reads what there is, cuts off a torn end, and puts it together: later entries replace earlier ones from their index on. */
export function openLog(disk: VirtualDisk, initial: SnapshotMeta): LogContents {
  const bytes = disk.read();
  let hardState: HardState = { term: initial.term, vote: "", commit: 0 };
  let snapshot = initial;
  let entries: Entry[] = [];
  let offset = 0;
  for (;;) {
    const record = decodeRecord(bytes, offset);
    if (!record) break;
    offset += HEADER_BYTES + bytes.readUInt32LE(offset);
    if (record.kind === "hard-state") hardState = record.hardState;
    else if (record.kind === "entry")
      entries = [...entries.filter(({ index }) => index < record.entry.index), record.entry];
    else {
      snapshot = record.snapshot;
      entries = behind(entries, snapshot);
    }
  }
  disk.truncate(offset);
  return { hardState: { ...hardState, commit: Math.max(hardState.commit, snapshot.index) }, snapshot, entries };
}

/** What follows a snapshot in a log that agrees with it; nothing of one that does not. */
export function behind(entries: readonly Entry[], { index, term }: { index: LogIndex; term: number }): Entry[] {
  const there = entries.find((entry) => entry.index === index);
  const first = entries[0];
  if (there ? there.term !== term : first && first.index <= index) return [];
  return entries.filter((entry) => entry.index > index);
}

function decodeRecord(bytes: Buffer, offset: number): LogRecord | undefined {
  if (offset + HEADER_BYTES > bytes.length) return undefined;
  const length = bytes.readUInt32LE(offset);
  const payload = bytes.subarray(offset + HEADER_BYTES, offset + HEADER_BYTES + length);
  if (payload.length < length || crc32(payload) !== bytes.readUInt32LE(offset + 4)) return undefined;
  const record = JSON.parse(payload.toString()) as LogRecord & { entry?: { data: unknown } };
  if (record.kind !== "entry") return record;
  return { kind: "entry", entry: { ...record.entry, data: bytesOf(record.entry.data as unknown as string) } };
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

export function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}
