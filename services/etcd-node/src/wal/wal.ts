import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Entry, HardState, LogIndex, SnapshotMeta } from "@drydock/raft";
import type { Identity } from "../cluster/identity.ts";
import { DurationHistogram } from "../metrics/duration-histogram.ts";
import { decodeRecord, encodeRecord, type WalRecord } from "./record.ts";

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

const DEFAULT_SEGMENT_BYTES = 64 * 1024 * 1024;

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
  readonly #directory: string;
  readonly #segmentBytes: number;
  #file: FileHandle;
  #offset: number;
  #segments: Segment[];
  readonly #identity: Identity;
  #lastHardState: HardState | undefined;
  #lastSnapshot: SnapshotMeta | undefined;

  private constructor(
    directory: string,
    segmentBytes: number,
    file: FileHandle,
    offset: number,
    segments: Segment[],
    identity: Identity,
  ) {
    this.#identity = identity;
    this.#directory = directory;
    this.#segmentBytes = segmentBytes;
    this.#file = file;
    this.#offset = offset;
    this.#segments = segments;
  }

  static async exists(directory: string): Promise<boolean> {
    return (await listSegments(directory)).length > 0;
  }

  /** A new log that begins with this snapshot: the initial configuration, or a restored state. */
  static async create(options: WalOptions, snapshot: SnapshotMeta, identity: Identity): Promise<Wal> {
    await mkdir(options.directory, { recursive: true });
    const segmentBytes = options.segmentBytes ?? DEFAULT_SEGMENT_BYTES;
    // Under a temporary name until its first records are on the disk: an interrupted creation leaves no log behind.
    const segment = { name: segmentName(0, snapshot.index + 1), firstIndex: snapshot.index + 1 };
    const path = join(options.directory, segment.name);
    const file = await open(`${path}.tmp`, "w+");
    const wal = new Wal(options.directory, segmentBytes, file, 0, [segment], identity);
    await wal.save([
      { kind: "identity", identity },
      { kind: "snapshot", snapshot },
      { kind: "hard-state", hardState: { term: snapshot.term, vote: "", commit: snapshot.index } },
    ]);
    await rename(`${path}.tmp`, path);
    await syncDirectory(options.directory);
    return wal;
  }

  /** Reads everything. A torn end is cut off, as nobody was promised what it held; damage before the end throws CorruptWalError. */
  static async open(options: WalOptions): Promise<{ wal: Wal; contents: WalContents }> {
    const segments = await listSegments(options.directory);
    const reader = new WalReader();
    let offset = 0;
    for (const [position, segment] of segments.entries()) {
      const bytes = await readFile(join(options.directory, segment.name));
      offset = reader.read(bytes, segment.name, position === segments.length - 1);
    }
    const last = segments.at(-1) as Segment;
    const file = await open(join(options.directory, last.name), "r+");
    // Whatever a torn write left behind must not be taken for records later.
    await file.truncate(offset);
    const contents = reader.contents(options.directory);
    const segmentBytes = options.segmentBytes ?? DEFAULT_SEGMENT_BYTES;
    const wal = new Wal(options.directory, segmentBytes, file, offset, segments, contents.identity);
    wal.#lastHardState = contents.hardState;
    wal.#lastSnapshot = contents.snapshot;
    return { wal, contents };
  }

  async save(records: readonly WalRecord[]): Promise<void> {
    if (records.length === 0) return;
    const bytes = Buffer.concat(records.map(encodeRecord));
    await this.#file.write(bytes, 0, bytes.length, this.#offset);
    const startMs = performance.now();
    await this.#file.datasync();
    this.syncDurations.observe(performance.now() - startMs);
    this.#offset += bytes.length;
    for (const record of records) {
      if (record.kind === "hard-state") this.#lastHardState = record.hardState;
      if (record.kind === "snapshot") this.#lastSnapshot = record.snapshot;
    }
    const lastEntry = records.findLast((record) => record.kind === "entry");
    if (this.#offset >= this.#segmentBytes && lastEntry) await this.#cut(lastEntry.entry.index + 1);
  }

  /** Removes segments that hold only entries before `index`. */
  async release(index: LogIndex): Promise<void> {
    while (this.#segments.length > 1 && (this.#segments[1] as Segment).firstIndex <= index) {
      const oldest = this.#segments.shift() as Segment;
      await rm(join(this.#directory, oldest.name), { force: true });
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  /** Each segment begins with the last hard state and snapshot, so that it can be read without those before it. */
  async #cut(firstIndex: LogIndex): Promise<void> {
    await this.#file.close();
    const sequence = sequenceOf((this.#segments.at(-1) as Segment).name) + 1;
    const segment = { name: segmentName(sequence, firstIndex), firstIndex };
    this.#file = await open(join(this.#directory, segment.name), "w+");
    this.#offset = 0;
    this.#segments.push(segment);
    await syncDirectory(this.#directory);
    const head: WalRecord[] = [{ kind: "identity", identity: this.#identity }];
    if (this.#lastSnapshot) head.push({ kind: "snapshot", snapshot: this.#lastSnapshot });
    if (this.#lastHardState) head.push({ kind: "hard-state", hardState: this.#lastHardState });
    await this.save(head);
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
      entries,
    };
  }

  #take(record: WalRecord): void {
    if (record.kind === "hard-state") this.#hardState = record.hardState;
    else if (record.kind === "snapshot") this.#takeSnapshot(record.snapshot);
    else if (record.kind === "identity") this.#identity = record.identity;
    else {
      const first = this.#entries[0];
      if (first) this.#entries.length = Math.max(0, Math.min(this.#entries.length, record.entry.index - first.index));
      this.#entries.push(record.entry);
    }
  }

  #takeSnapshot(snapshot: SnapshotMeta): void {
    this.#snapshot = snapshot;
    const last = this.#entries.at(-1);
    // Installed from the leader: what was logged before is void. A compaction of our own log keeps what follows it.
    if (last && last.index < snapshot.index) this.#entries = [];
  }
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
