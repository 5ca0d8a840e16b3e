import { createHash } from "node:crypto";
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Backend, KeyValue, LeaseId, LeaseRecord, Revision, RevisionMarks, RevisionPair } from "@drydock/mvcc";
import type { Configuration, LogIndex, NodeId, Term } from "@drydock/raft";
import { open, type RootDatabase } from "lmdb";
import { pack, unpack } from "msgpackr";
import type { Alarm } from "../apply/alarms.ts";
import type { MemberRecord } from "../cluster/members.ts";
import { failpoint } from "../driver/failpoints.ts";
import { DurationHistogram, doublingBounds } from "../metrics/duration-histogram.ts";
import { Arena } from "./arena.ts";
import { FrozenRevisions } from "./frozen-revisions.ts";
import { GatheredChanges } from "./gathered-changes.ts";
import { StoredKeyValue } from "./key-value-codec.ts";
import { PinnedRead, type RawRecord, stayReader } from "./pinned-read.ts";
import { RecentValues } from "./recent-values.ts";
import { KIND, kindRange, MARK_APPLIED, MARK_REVISIONS } from "./record-keys.ts";
import { RecordSlabs } from "./record-slabs.ts";
import { readRevisionMarks } from "./revision-marks.ts";
import { RevisionRecords } from "./revision-records.ts";
import { seal, unseal } from "./sealed-record.ts";

/** How far the log has been applied: written in the same transaction as what it led to. */
export interface AppliedMark {
  readonly index: LogIndex;
  readonly term: Term;
  readonly configuration: Configuration;
}

type Database = RootDatabase<Buffer, Buffer>;

/** Users and roles, keys of the v2 API. */
export type Section = "auth" | "v2";
/** The database takes keys of less than 2 kB. */
const MAX_NAME_BYTES = 1024;
const DATABASE = "db";
/** Values read or written lately that are kept in memory. */
const RECENT_BYTES = 16 * 1024 * 1024;
/** etcd's, for what takes long. */
const LONG_BOUNDS = doublingBounds(0.1, 13);
const SNAPSHOT_BOUNDS = doublingBounds(0.01, 17);
const MAP_BYTES = 64 * 1024 ** 3;
/**
 * Of a new database. A value that is longer than a quarter of a page gets pages of its own: with the usual 4 KiB an object of 2 KiB takes 4, in memory
 * too, where the file is mapped.
 */
const PAGE_BYTES = 32 * 1024;

/**
 * The state in LMDB. Changes gather in memory and are written together, in the background, in one transaction with the applied mark: the
 * WAL holds everything since the last one. Reads see what has gathered.
 */
export class LmdbBackend implements Backend {
  readonly path: string;
  readonly commitDurations = new DurationHistogram();
  readonly defragmentDurations = new DurationHistogram(LONG_BOUNDS);
  /** How long the database was held as it was, for a snapshot. */
  readonly snapshotDurations = new DurationHistogram(SNAPSHOT_BOUNDS);
  readonly #directory: string;
  #database: Database;
  #stored: RevisionRecords;
  #gathering = new GatheredChanges();
  /** On their way to the disk. */
  #writing: GatheredChanges | undefined;
  #written: Promise<void> = Promise.resolve();
  readonly #records = new RecordSlabs();
  readonly #recent = new RecentValues(RECENT_BYTES);
  readonly #readAgain = new Arena();
  #applied: AppliedMark | undefined;
  /** The mark or the revisions have been set since they were written. */
  #hasNewMarks = false;
  #revisions: RevisionMarks;
  #sizeBytes = 0;
  #held: Promise<void> | undefined;
  #isFlushAsked = false;
  #isCopying = false;
  #copies = 0;
  #defragmenting: Promise<void> | undefined;
  readonly #pins = new Set<PinnedRead>();

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true });
    this.#directory = directory;
    this.path = join(directory, DATABASE);
    this.#database = openDatabase(this.path);
    this.#stored = new RevisionRecords(this.#database, this.path);
    const applied = this.#read(MARK_APPLIED);
    this.#applied = applied && (unpack(applied) as AppliedMark);
    this.#revisions = readRevisionMarks(this.#read(MARK_REVISIONS));
    this.#noteSize();
  }

  /** Changes that are not written yet. */
  get gatheredCount(): number {
    return this.#gathering.count;
  }

  /** Those of them that delete a revision. */
  get deletionCount(): number {
    return this.#gathering.deletionCount;
  }

  /** Of the file; what was deleted is in it until `defragment`. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get sizeInUseBytes(): number {
    const stats = this.#database.getStats() as Record<string, number>;
    const { pageSize = 0, treeBranchPageCount = 0, treeLeafPageCount = 0, overflowPages = 0 } = stats;
    return pageSize * (treeBranchPageCount + treeLeafPageCount + overflowPages);
  }

  put(at: RevisionPair, kv: KeyValue): StoredKeyValue {
    const records = this.#records;
    records.write(kv);
    const { slab, start, end } = records;
    this.#gathering.put(at, slab, start, end);
    this.#recent.put(at, slab, start, end);
    return new StoredKeyValue(slab, start, end, kv.key);
  }

  get(at: RevisionPair): StoredKeyValue | undefined {
    return this.#gathering.get(at) ?? this.#writing?.get(at) ?? this.#recent.get(at) ?? this.#readAndKeep(at);
  }

  delete(at: RevisionPair): void {
    this.#gathering.delete(at);
  }

  *scan(from: Revision, to = Number.POSITIVE_INFINITY): Iterable<{ at: RevisionPair; kv: StoredKeyValue }> {
    const [writing, gathering] = [this.#writing, this.#gathering];
    const isDeleted = (at: RevisionPair) => writing?.isDeleted(at) || gathering.isDeleted(at);
    // What is being written may be in the database already: it is read from memory.
    const inDatabase = Math.min(to, writing?.firstRevision ?? Number.POSITIVE_INFINITY, gathering.firstRevision);
    for (const change of this.#stored.scan(from, inDatabase)) if (!isDeleted(change.at)) yield change;
    for (const changes of [writing, gathering])
      for (const change of changes?.revisions(from, to) ?? []) if (!isDeleted(change.at)) yield change;
  }

  putLease(lease: LeaseRecord): void {
    this.putRecord(KIND.lease, lease.id, lease);
  }

  deleteLease(id: LeaseId): void {
    this.deleteRecord(KIND.lease, id);
  }

  leases(): Iterable<LeaseRecord> {
    return this.recordsOf(KIND.lease);
  }

  putMember(member: MemberRecord): void {
    this.putRecord(KIND.member, member.id, member);
  }

  deleteMember(id: NodeId): void {
    this.deleteRecord(KIND.member, id);
  }

  members(): Iterable<MemberRecord> {
    return this.recordsOf(KIND.member);
  }

  putRemovedMember(id: NodeId): void {
    this.putRecord(KIND.removedMember, id, id);
  }

  removedMembers(): Iterable<NodeId> {
    return this.recordsOf(KIND.removedMember);
  }

  putAlarm(alarm: Alarm): void {
    this.putRecord(KIND.alarm, `${alarm.kind}/${alarm.member}`, alarm);
  }

  deleteAlarm(alarm: Alarm): void {
    this.deleteRecord(KIND.alarm, `${alarm.kind}/${alarm.member}`);
  }

  alarms(): Iterable<Alarm> {
    return this.recordsOf(KIND.alarm);
  }

  /** A record of a part of the state that has a kind of its own; undefined deletes it. Names may be of any length. */
  putIn(section: Section, name: string, value: Buffer | undefined): void {
    this.#gathering.records.set(sectionKey(section, name), value);
  }

  /** The records of one section, in no order that means anything. */
  recordsIn(section: Section): Iterable<Buffer> {
    return this.#rawRecordsOf(KIND[section]);
  }

  /** A record of any kind: `kind` is one letter, its own for each kind; the value must be what msgpack can carry. */
  putRecord(kind: string, name: string, value: unknown): void {
    this.#gathering.records.set(kind + name, pack(value));
  }

  deleteRecord(kind: string, name: string): void {
    this.#gathering.records.set(kind + name, undefined);
  }

  /** All records of a kind, in the order of their names. */
  *recordsOf<T>(kind: string): Iterable<T> {
    for (const value of this.#rawRecordsOf(kind)) yield unpack(value) as T;
  }

  setRevisions(revisions: RevisionMarks): void {
    this.#revisions = revisions;
    this.#hasNewMarks = true;
  }

  revisions(): RevisionMarks {
    return this.#revisions;
  }

  setApplied(mark: AppliedMark): void {
    this.#applied = mark;
    this.#hasNewMarks = true;
  }

  applied(): AppliedMark | undefined {
    return this.#applied;
  }

  /** What gathers from now on is not written before `saved` resolves, and never when it rejects: then `sync` does too. */
  holdUntil(saved: Promise<void>): void {
    this.#held = saved;
    saved.then(
      () => {
        if (this.#held !== saved) return;
        this.#held = undefined;
        if (this.#isFlushAsked) this.flush();
      },
      () => {},
    );
  }

  /** Begins to write what has gathered, unless a write is under way: then it waits for the next call. While it is held, that is when it no longer is. */
  flush(): void {
    this.#isFlushAsked = this.#held !== undefined;
    if (this.#writing || this.#isCopying || this.#held) return;
    this.#written = this.#write();
    // Whoever needs to know waits by `sync`.
    this.#written.catch(() => {});
  }

  /** Resolves when everything up to the call is on the disk for good; rejects when it cannot be written. */
  async sync(): Promise<void> {
    await this.#written;
    this.flush();
    await this.#held;
    await this.#written;
    await this.#database.flushed;
  }

  /**
   * Gives the space of deleted records back: a compact copy takes the file's place. Reads and writes go on meanwhile. One at a time: two would
   * take the file from under each other, so whoever asks meanwhile gets the one that runs.
   */
  defragment(): Promise<void> {
    const startMs = performance.now();
    this.#defragmenting ??= this.#defragment().finally(() => {
      this.#defragmenting = undefined;
      this.defragmentDurations.observe(performance.now() - startMs);
    });
    return this.#defragmenting;
  }

  async #defragment(): Promise<void> {
    await this.sync();
    // Another write may have begun behind the one that was waited for.
    while (this.#writing) await this.#written;
    this.#isCopying = true;
    try {
      const copyPath = join(this.#directory, `db.copy-${process.pid}-${this.#copies++}`);
      await this.#database.backup(copyPath, true);
      const copy = openDatabase(copyPath);
      failpoint("defragment-before-swap");
      // Under the new name at once: the open file is the same, and who opens the directory later finds it.
      renameSync(copyPath, this.path);
      renameSync(`${copyPath}-lock`, `${this.path}-lock`);
      failpoint("defragment-after-swap");
      const old = this.#database;
      this.#use(copy);
      this.#noteSize();
      // Who reads the old file reads on; it goes with the last of them.
      const readers = [...this.#pins].map((pin) => pin.released);
      if (readers.length > 0) void Promise.all(readers).then(() => old.close());
      else await old.close();
    } finally {
      this.#isCopying = false;
    }
  }

  /**
   * The database as it is at the call, to be read as often as it takes, whatever is written meanwhile. Keeps space from being used again until
   * it is released; closing the backend releases it.
   */
  pin(): PinnedRead {
    const pin = this.#pin();
    const startMs = performance.now();
    void pin.released.then(() => this.snapshotDurations.observe(performance.now() - startMs));
    return pin;
  }

  /** All revisions as they are at the call, those that are not written yet too. */
  freeze(): FrozenRevisions {
    const changes = [this.#writing, this.#gathering].filter((each) => each !== undefined);
    return new FrozenRevisions(this.#pin(), changes);
  }

  #pin(): PinnedRead {
    const pin = new PinnedRead(this.#database, this.path);
    this.#pins.add(pin);
    void pin.released.then(() => this.#pins.delete(pin));
    return pin;
  }

  /** Writes foreign records as they are: the receiving end of a snapshot. Throws CorruptBackendError when one was damaged on its way. */
  putRecords(records: readonly RawRecord[]): void {
    for (const { key, value } of records) unseal(key, value, "received as a snapshot");
    this.#database.transactionSync(() => {
      for (const { key, value } of records) this.#database.putSync(key, value);
    });
  }

  get pinCount(): number {
    return this.#pins.size;
  }

  get isDefragmenting(): boolean {
    return this.#defragmenting !== undefined;
  }

  /** Other processes that read or have read the database, by the lock file's account; some may be gone. */
  otherProcesses(): number[] {
    const lines = this.#database.readerList().split("\n");
    const pids = lines.map((line) => Number.parseInt(line.trim(), 10));
    return [...new Set(pids)].filter((pid) => Number.isInteger(pid) && pid !== process.pid);
  }

  /**
   * What was read of the file stays mapped and counts as memory of the process, all of it after a start, which reads everything: this gives it back.
   * Nothing may be under way meanwhile.
   */
  async unmap(): Promise<void> {
    await this.#database.close();
    this.#use(openDatabase(this.path));
  }

  #use(database: Database): void {
    this.#database = database;
    this.#stored = new RevisionRecords(database, this.path);
  }

  /** Closes it without writing anything. */
  async abandon(): Promise<void> {
    await this.#database.close();
  }

  async close(): Promise<void> {
    for (const pin of this.#pins) pin.release();
    await this.sync();
    await this.#database.close();
  }

  *#rawRecordsOf(kind: string): Iterable<Buffer> {
    const found = new Map<string, Buffer | undefined>();
    for (const { key, value } of this.#database.getRange(kindRange(kind)))
      found.set(key.toString("latin1"), Buffer.from(unseal(key, value, this.path)));
    for (const changes of [this.#writing, this.#gathering])
      for (const [key, value] of changes?.records ?? []) if (key.startsWith(kind)) found.set(key, value);
    for (const key of [...found.keys()].sort()) {
      const value = found.get(key);
      if (value) yield value;
    }
  }

  #readAndKeep(at: RevisionPair): StoredKeyValue | undefined {
    const found = this.#stored.get(at);
    if (!found) return undefined;
    // A view would keep the whole block.
    const bytes = this.#readAgain.copyOf(found);
    this.#recent.put(at, bytes, 0, bytes.length);
    return new StoredKeyValue(bytes);
  }

  async #write(): Promise<void> {
    const changes = this.#gathering;
    if (changes.count === 0 && !this.#hasNewMarks) return;
    failpoint("backend-before-write");
    this.#writing = changes;
    this.#gathering = new GatheredChanges();
    this.#hasNewMarks = false;
    const database = this.#database;
    const put = (key: Buffer, value: Buffer | undefined) =>
      void (value === undefined ? database.remove(key) : database.put(key, seal(key, value)));
    this.#stored.write(changes);
    for (const [key, value] of changes.records) put(Buffer.from(key, "latin1"), value);
    put(MARK_REVISIONS, pack(this.#revisions));
    if (this.#applied) put(MARK_APPLIED, pack(this.#applied));
    const startMs = performance.now();
    // All of this turn of the event loop is one transaction.
    await database.committed;
    this.commitDurations.observe(performance.now() - startMs);
    this.#writing = undefined;
    this.#noteSize();
  }

  #read(key: Buffer): Buffer | undefined {
    const sealed = this.#database.get(key);
    return sealed && unseal(key, sealed, this.path);
  }

  #noteSize(): void {
    this.#sizeBytes = statSync(this.path).size;
  }
}

function sectionKey(section: Section, name: string): string {
  const key = Buffer.from(KIND[section] + name).toString("latin1");
  return key.length <= MAX_NAME_BYTES
    ? key
    : `${KIND[section]}sha256:${createHash("sha256").update(name).digest("hex")}`;
}

/** Puts a closed database in the place of another closed one; durable, and at no moment is there none. */
export function replaceDatabase(from: string, to: string): void {
  renameSync(join(from, DATABASE), join(to, DATABASE));
  const directory = openSync(to, "r");
  fsyncSync(directory);
  closeSync(directory);
  rmSync(from, { recursive: true, force: true });
}

function openDatabase(path: string): Database {
  const database = open<Buffer, Buffer>({
    path,
    noSubdir: true,
    keyEncoding: "binary",
    encoding: "binary",
    mapSize: MAP_BYTES,
    pageSize: PAGE_BYTES,
  });
  stayReader(database);
  return database;
}
