import { randomBytes } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { HardState, LogIndex, SnapshotMeta } from "@drydock/raft";
import type { Identity } from "../cluster/identity.ts";
import { DurationHistogram } from "../metrics/duration-histogram.ts";
import { encodeRecords, type RecordMark, type WalRecord } from "./record.ts";
import { LogDisk, removeAllocated, SegmentFile, type WayToWrite } from "./segment-file.ts";
import { type WalContents, WalReader } from "./wal-reader.ts";

export interface WalOptions {
  readonly directory: string;
  /** A new segment is begun when the present one is this full. */
  readonly segmentBytes?: number;
}

const DEFAULT_SEGMENT_BYTES = 16 * 1024 * 1024;
const NO_ROOM = Buffer.alloc(0);
const ROOM_BYTES_MAX = 4 * 1024 * 1024;
/** The next segment, made beforehand. */
const ALLOCATED = "next.allocated";
/** Segments that nobody needs any more and that will be written over: no zeros need be written first. */
const RELEASED = /^released-\d+$/;
const RELEASED_MAX = 2;

interface Segment {
  readonly name: string;
  readonly firstIndex: LogIndex;
  /** Its records all say which save they are of, so what is left of them can be told from what will be written over them. */
  readonly isMarked: boolean;
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
  readonly #disk = new LogDisk();
  readonly #segments: Segment[];
  readonly #released: string[] = [];
  #releasedCount = 0;
  /** Of the last save. */
  #mark: RecordMark;
  #file: SegmentFile;
  #lastHardState: HardState | undefined;
  #lastSnapshot: SnapshotMeta | undefined;
  /** Noted, and to be written with the next save. */
  #unsaved: HardState | undefined;
  /** What is being written lies here, if it fits. */
  #room: Buffer = NO_ROOM;
  #allocating: Promise<boolean> | undefined;

  private constructor(
    options: WalOptions,
    { offset, segments, identity, mark }: { offset: number; segments: Segment[]; identity: Identity; mark: RecordMark },
  ) {
    this.#mark = mark;
    this.#directory = options.directory;
    this.#segmentBytes = options.segmentBytes ?? DEFAULT_SEGMENT_BYTES;
    this.#segments = segments;
    this.#identity = identity;
    const last = segments.at(-1) as Segment;
    this.#file = SegmentFile.open(join(options.directory, last.name), offset, this.#disk);
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
    const mark = newMark();
    const bytes = encodeRecords(head, mark, NO_ROOM);
    // Under a temporary name until its first records are on the disk: an interrupted creation leaves no log behind.
    const path = join(options.directory, name);
    await SegmentFile.allocate(`${path}.tmp`, options.segmentBytes ?? DEFAULT_SEGMENT_BYTES);
    const file = SegmentFile.open(`${path}.tmp`, 0, new LogDisk());
    await file.append(bytes);
    file.close();
    await rename(`${path}.tmp`, path);
    await syncDirectory(options.directory);
    const segments = [{ name, firstIndex: snapshot.index + 1, isMarked: true }];
    const wal = new Wal(options, { offset: bytes.length, segments, identity, mark });
    wal.#lastHardState = hardState;
    wal.#lastSnapshot = snapshot;
    return wal;
  }

  /** Reads everything. A torn end is cut off, as nobody was promised what it held; damage before the end throws CorruptWalError. */
  static async open(options: WalOptions): Promise<{ wal: Wal; contents: WalContents }> {
    await removeUnused(options.directory);
    const names = await listSegments(options.directory);
    const segments: Segment[] = [];
    const reader = new WalReader();
    let offset = 0;
    for (const name of names) {
      const path = join(options.directory, name);
      const bytes = await readFile(path);
      offset = reader.read(bytes, name, name === names.at(-1));
      segments.push({ name, firstIndex: firstIndexOf(name), isMarked: reader.mark !== undefined });
      if (name === names.at(-1)) await eraseFrom(path, bytes, offset);
    }
    const contents = reader.contents(options.directory);
    const { identity } = contents;
    const wal = new Wal(options, { offset, segments, identity, mark: reader.mark ?? newMark() });
    wal.#lastHardState = contents.hardState;
    wal.#lastSnapshot = contents.snapshot;
    // What is not marked is not mixed with what is.
    if (!reader.mark) await wal.#cut((contents.entries.at(-1) ?? contents.snapshot).index + 1);
    // It ended when the segment had a name and nothing in it.
    else if (offset === 0) await wal.save(wal.#head());
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
    const mark = { log: this.#mark.log, save: this.#mark.save + 1 };
    const bytes = this.#encode(all, mark);
    await this.#file.append(bytes, way);
    this.#mark = mark;
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

  /** Gives up segments that hold only entries before `index`. */
  async release(index: LogIndex): Promise<void> {
    while (this.#segments.length > 1 && (this.#segments[1] as Segment).firstIndex <= index) {
      const oldest = this.#segments.shift() as Segment;
      const path = join(this.#directory, oldest.name);
      if (oldest.isMarked && this.#released.length < RELEASED_MAX) {
        const released = join(this.#directory, `released-${this.#releasedCount++}`);
        await rename(path, released);
        this.#released.push(released);
      } else await rm(path, { force: true });
    }
  }

  async close(): Promise<void> {
    if (this.#unsaved) await this.save([{ kind: "hard-state", hardState: this.#unsaved }]);
    await this.#allocating;
    this.#file.close();
  }

  /** In the same memory each time: a log writes many megabytes a second, and each would be garbage at once. */
  #encode(records: readonly WalRecord[], mark: RecordMark): Buffer {
    const { room } = this.#file;
    const bytes = encodeRecords(records, mark, room ?? this.#room);
    if (!room && bytes.length > this.#room.length && bytes.length <= ROOM_BYTES_MAX) this.#room = bytes;
    return bytes;
  }

  async #cut(firstIndex: LogIndex): Promise<void> {
    const sequence = sequenceOf((this.#segments.at(-1) as Segment).name) + 1;
    const segment = { name: segmentName(sequence, firstIndex), firstIndex, isMarked: true };
    const path = join(this.#directory, segment.name);
    const allocated = join(this.#directory, ALLOCATED);
    if (!(await (this.#allocating ?? this.#allocateNext()))) await SegmentFile.allocate(allocated, 0);
    this.#allocating = undefined;
    this.#file.close();
    await rename(allocated, path);
    // Before anything is written: a file that was released must not be found changed under its old name.
    await syncDirectory(this.#directory);
    this.#file = SegmentFile.open(path, 0, this.#disk);
    this.#segments.push(segment);
    await this.save(this.#head());
  }

  /** Each segment begins with the last hard state and snapshot, so that it can be read without those before it. */
  #head(): WalRecord[] {
    const head: WalRecord[] = [{ kind: "identity", identity: this.#identity }];
    if (this.#lastSnapshot) head.push({ kind: "snapshot", snapshot: this.#lastSnapshot });
    if (this.#lastHardState) head.push({ kind: "hard-state", hardState: this.#lastHardState });
    return head;
  }

  /** False when there was no room for a whole segment: the log then grows as it is written. */
  async #allocateNext(): Promise<boolean> {
    const allocated = join(this.#directory, ALLOCATED);
    const released = this.#released.pop();
    const made = released ? rename(released, allocated) : SegmentFile.allocate(allocated, this.#segmentBytes);
    return made.then(
      () => true,
      () => false,
    );
  }
}

function newMark(): RecordMark {
  return { log: randomBytes(4).readUInt32LE(), save: 1 };
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

async function listSegments(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => [] as string[]);
  return names.filter((name) => /^[0-9a-f]{16}-[0-9a-f]{16}\.wal$/.test(name)).sort();
}

async function removeUnused(directory: string): Promise<void> {
  await removeAllocated(join(directory, ALLOCATED));
  for (const name of await readdir(directory)) if (RELEASED.test(name)) await rm(join(directory, name));
}

function firstIndexOf(name: string): LogIndex {
  return Number.parseInt(name.slice(17, 33), 16);
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
