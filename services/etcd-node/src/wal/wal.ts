import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Entry, HardState, LogIndex, SnapshotMeta } from "@drydock/raft";
import type { Identity } from "../cluster/identity.ts";
import { DurationHistogram } from "../metrics/duration-histogram.ts";
import { decodeRecord, encodeRecords, type WalRecord } from "./record.ts";
import { removeAllocated, SegmentFile, type WayToWrite, WriteTimes } from "./segment-file.ts";

/** What a member finds when it starts. */
export interface WalContents {
  readonly identity: Identity;
  readonly hardState: HardState;
  readonly snapshot: SnapshotMeta;
  readonly entries: readonly Entry[];
}

export interface WalOptions {
  readonly directory: string;
  /** A new segment is begun when the present one is this full. */
  readonly segmentBytes?: number;
}

const DEFAULT_SEGMENT_BYTES = 16 * 1024 * 1024;
const NO_ROOM = Buffer.alloc(0);
const ROOM_BYTES_MAX = 4 * 1024 * 1024;
const SLAB_BYTES = 256 * 1024;
/** The next segment, made beforehand. */
const ALLOCATED = "next.allocated";

/** The WAL is damaged in the middle: what was acknowledged can no longer be told. The member must not start. */
export class CorruptWalError extends Error {
  override readonly name = "CorruptWalError";
}

interface Segment {
  readonly name: string;
  readonly firstIndex: LogIndex;
}

/**
 * The write-ahead log: segments of checksummed records. `save` resolves when everything given to it is on the disk. One writer, one
 * save at a time; whoever comes while a save runs is served by the next one, which is what makes group commit.
 */
export class Wal {
  readonly syncDurations = new DurationHistogram();
  /** Of all records, since the log was opened. */
  writtenBytes = 0;
  readonly #directory: string;
  readonly #segmentBytes: number;
  readonly #identity: Identity;
  readonly #times = new WriteTimes();
  readonly #segments: Segment[];
  #file: SegmentFile;
  #lastHardState: HardState | undefined;
  #lastSnapshot: SnapshotMeta | undefined;
  /** Noted, and to be written with the next save. */
  #unsaved: HardState | undefined;
  /** What is being written lies here, if it fits. */
  #room: Buffer = NO_ROOM;
  #allocating: Promise<boolean> | undefined;

  private constructor(options: WalOptions, offset: number, segments: Segment[], identity: Identity) {
    this.#directory = options.directory;
    this.#segmentBytes = options.segmentBytes ?? DEFAULT_SEGMENT_BYTES;
    this.#segments = segments;
    this.#identity = identity;
    const last = segments.at(-1) as Segment;
    this.#file = SegmentFile.open(join(options.directory, last.name), offset, this.#times);
  }

  static async exists(directory: string): Promise<boolean> {
    return (await listSegments(directory)).length > 0;
  }

  /** A new log that begins with this snapshot: the initial configuration, or a restored state. */
  static async create(options: WalOptions, snapshot: SnapshotMeta, identity: Identity): Promise<Wal> {
    await mkdir(options.directory, { recursive: true });
    const name = segmentName(0, snapshot.index + 1);
    const hardState = { term: snapshot.term, vote: "", commit: snapshot.index };
    const head: WalRecord[] = [
      { kind: "identity", identity },
      { kind: "snapshot", snapshot },
      { kind: "hard-state", hardState },
    ];
    const bytes = encodeRecords(head, NO_ROOM);
    // Under a temporary name until its first records are on the disk: an interrupted creation leaves no log behind.
    const path = join(options.directory, name);
    await SegmentFile.allocate(`${path}.tmp`, options.segmentBytes ?? DEFAULT_SEGMENT_BYTES);
    const file = SegmentFile.open(`${path}.tmp`, 0, new WriteTimes());
    await file.append(bytes);
    file.close();
    await rename(`${path}.tmp`, path);
    await syncDirectory(options.directory);
    const wal = new Wal(options, bytes.length, [{ name, firstIndex: snapshot.index + 1 }], identity);
    wal.#lastHardState = hardState;
    wal.#lastSnapshot = snapshot;
    return wal;
  }

  /** Reads everything. A torn end is cut off, as nobody was promised what it held; damage before the end throws CorruptWalError. */
  static async open(options: WalOptions): Promise<{ wal: Wal; contents: WalContents }> {
    await removeAllocated(join(options.directory, ALLOCATED));
    const segments = await listSegments(options.directory);
    const reader = new WalReader();
    let offset = 0;
    for (const [position, segment] of segments.entries()) {
      const path = join(options.directory, segment.name);
      const bytes = await readFile(path);
      offset = reader.read(bytes, segment.name, position === segments.length - 1);
      if (position === segments.length - 1) await eraseFrom(path, bytes, offset);
    }
    const contents = reader.contents(options.directory);
    const wal = new Wal(options, offset, segments, contents.identity);
    wal.#lastHardState = contents.hardState;
    wal.#lastSnapshot = contents.snapshot;
    return { wal, contents };
  }

  /** A hard state of which only the commit index is new: it may be lost, and is written when something else is. */
  note(hardState: HardState): void {
    this.#unsaved = hardState;
  }

  /** `beside`: the caller has something to do meanwhile, so its thread must not wait for the disk. */
  async save(records: readonly WalRecord[], way: WayToWrite = "soonest"): Promise<void> {
    if (records.length === 0) return;
    const all = this.#unsaved ? [{ kind: "hard-state", hardState: this.#unsaved } as const, ...records] : records;
    this.#unsaved = undefined;
    const startMs = performance.now();
    const bytes = this.#encode(all);
    await this.#file.append(bytes, way);
    this.writtenBytes += bytes.length;
    this.syncDurations.observe(performance.now() - startMs);
    for (const record of all) {
      if (record.kind === "hard-state") this.#lastHardState = record.hardState;
      if (record.kind === "snapshot") this.#lastSnapshot = record.snapshot;
    }
    const last = records.findLast((record) => record.kind === "entries")?.entries.at(-1);
    if (this.#file.offset >= this.#segmentBytes / 2) this.#allocating ??= this.#allocateNext();
    if (this.#file.offset >= this.#segmentBytes && last) await this.#cut(last.index + 1);
  }

  /** Removes segments that hold only entries before `index`. */
  async release(index: LogIndex): Promise<void> {
    while (this.#segments.length > 1 && (this.#segments[1] as Segment).firstIndex <= index) {
      const oldest = this.#segments.shift() as Segment;
      await rm(join(this.#directory, oldest.name), { force: true });
    }
  }

  async close(): Promise<void> {
    if (this.#unsaved) await this.save([{ kind: "hard-state", hardState: this.#unsaved }]);
    await this.#allocating;
    this.#file.close();
  }

  /** In the same memory each time: a log writes many megabytes a second, and each would be garbage at once. */
  #encode(records: readonly WalRecord[]): Buffer {
    const bytes = encodeRecords(records, this.#room);
    if (bytes.length > this.#room.length && bytes.length <= ROOM_BYTES_MAX) this.#room = bytes;
    return bytes;
  }

  /** Each segment begins with the last hard state and snapshot, so that it can be read without those before it. */
  async #cut(firstIndex: LogIndex): Promise<void> {
    const sequence = sequenceOf((this.#segments.at(-1) as Segment).name) + 1;
    const segment = { name: segmentName(sequence, firstIndex), firstIndex };
    const path = join(this.#directory, segment.name);
    const allocated = join(this.#directory, ALLOCATED);
    if (!(await (this.#allocating ?? this.#allocateNext()))) await SegmentFile.allocate(allocated, 0);
    this.#allocating = undefined;
    const head: WalRecord[] = [{ kind: "identity", identity: this.#identity }];
    if (this.#lastSnapshot) head.push({ kind: "snapshot", snapshot: this.#lastSnapshot });
    if (this.#lastHardState) head.push({ kind: "hard-state", hardState: this.#lastHardState });
    this.#file.close();
    this.#file = SegmentFile.take(allocated, path, this.#times);
    this.#segments.push(segment);
    await syncDirectory(this.#directory);
    await this.save(head);
  }

  /** False when there was no room for a whole segment: the log then grows as it is written. */
  async #allocateNext(): Promise<boolean> {
    return SegmentFile.allocate(join(this.#directory, ALLOCATED), this.#segmentBytes).then(
      () => true,
      () => false,
    );
  }
}

/** Puts records together again: later entries replace earlier ones from their index on. */
class WalReader {
  #hardState: HardState = { term: 0, vote: "", commit: 0 };
  #snapshot: SnapshotMeta | undefined;
  #identity: Identity | undefined;
  #entries: Entry[] = [];

  /** Returns where the valid part ends. */
  read(bytes: Buffer, name: string, isLast: boolean): number {
    let offset = 0;
    for (;;) {
      const decoded = decodeRecord(bytes, offset);
      if (decoded.kind === "end") return offset;
      if (decoded.kind === "broken") {
        if (isLast && !hasRecordBehind(bytes, offset)) return offset;
        throw new CorruptWalError(`WAL segment ${name} is damaged at byte ${offset}: ${decoded.reason}`);
      }
      this.#take(decoded.record);
      offset = decoded.nextOffset;
    }
  }

  contents(directory: string): WalContents {
    if (!this.#snapshot) throw new CorruptWalError(`WAL in ${directory} has no snapshot record`);
    if (!this.#identity) throw new CorruptWalError(`WAL in ${directory} does not say whose it is`);
    const snapshot = this.#snapshot;
    const entries = this.#entries.filter((entry) => entry.index > snapshot.index);
    const first = entries[0];
    if (first && first.index !== snapshot.index + 1)
      throw new CorruptWalError(`WAL in ${directory} lacks entries ${snapshot.index + 1} to ${first.index - 1}`);
    return {
      identity: this.#identity,
      hardState: { ...this.#hardState, commit: Math.max(this.#hardState.commit, snapshot.index) },
      snapshot,
      entries: compacted(entries),
    };
  }

  #take(record: WalRecord): void {
    if (record.kind === "hard-state") this.#hardState = record.hardState;
    else if (record.kind === "snapshot") this.#takeSnapshot(record.snapshot);
    else if (record.kind === "identity") this.#identity = record.identity;
    else this.#takeEntries(record.entries);
  }

  #takeEntries(entries: readonly Entry[]): void {
    const first = entries[0];
    const base = this.#entries[0];
    if (first && base) this.#entries.length = Math.max(0, Math.min(this.#entries.length, first.index - base.index));
    for (const entry of entries) this.#entries.push(entry);
  }

  #takeSnapshot(snapshot: SnapshotMeta): void {
    this.#snapshot = snapshot;
    const first = this.#entries[0];
    if (!first || first.index > snapshot.index) return;
    // Installed from the leader: what was logged before is void, even what reaches further, as it was never committed. A compaction of
    // our own log is one of an entry that is there, and keeps what follows it.
    if (this.#entries[snapshot.index - first.index]?.term !== snapshot.term) this.#entries = [];
  }
}

/** The entries with data that lie close together: as they were read they keep whole segments in memory, of which they are a small part. */
function compacted(entries: readonly Entry[]): Entry[] {
  let slab = NO_ROOM;
  let at = 0;
  return entries.map((entry) => {
    const { data } = entry;
    if (at + data.length > slab.length) {
      slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, data.length));
      at = 0;
    }
    const copy = slab.subarray(at, at + data.length);
    copy.set(data);
    at += data.length;
    return { ...entry, data: copy };
  });
}

/** A torn write is followed by nothing; damage to an old record is followed by good ones. */
function hasRecordBehind(bytes: Buffer, offset: number): boolean {
  for (let at = offset + 1; at + 9 <= bytes.length; at++) {
    const length = bytes.readUInt32LE(at);
    if (length === 0 || length > bytes.length) continue;
    if (decodeRecord(bytes, at).kind === "record") return true;
  }
  return false;
}

/** Whatever a torn write left behind must not be taken for records later. */
async function eraseFrom(path: string, bytes: Buffer, offset: number): Promise<void> {
  if (bytes.subarray(offset).every((byte) => byte === 0)) return;
  const file = await open(path, "r+");
  try {
    await file.write(Buffer.alloc(bytes.length - offset), 0, bytes.length - offset, offset);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function listSegments(directory: string): Promise<Segment[]> {
  const names = await readdir(directory).catch(() => [] as string[]);
  return names
    .filter((name) => /^[0-9a-f]{16}-[0-9a-f]{16}\.wal$/.test(name))
    .sort()
    .map((name) => ({ name, firstIndex: Number.parseInt(name.slice(17, 33), 16) }));
}

function segmentName(sequence: number, firstIndex: LogIndex): string {
  return `${sequence.toString(16).padStart(16, "0")}-${firstIndex.toString(16).padStart(16, "0")}.wal`;
}

function sequenceOf(name: string): number {
  return Number.parseInt(name.slice(0, 16), 16);
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  await handle.sync().finally(() => handle.close());
}
