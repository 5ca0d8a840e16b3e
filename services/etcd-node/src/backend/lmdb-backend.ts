import { createHash } from "node:crypto";
import { mkdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Backend, KeyValue, LeaseId, LeaseRecord, Revision, RevisionPair } from "@drydock/mvcc";
import { KeyValue as KeyValueMessage } from "@drydock/proto/etcd/api/mvccpb/kv";
import type { Configuration, LogIndex, NodeId, Term } from "@drydock/raft";
import { type Database, open, type RootDatabase } from "lmdb";
import { pack, unpack } from "msgpackr";
import type { Alarm } from "../apply/alarms.ts";
import type { MemberRecord } from "../cluster/members.ts";
import { DurationHistogram } from "../metrics/duration-histogram.ts";

/** How far the log has been applied: written in the same transaction as what it led to. */
export interface AppliedMark {
  readonly index: LogIndex;
  readonly term: Term;
  readonly configuration: Configuration;
}

const REVISION = "r";
const LEASE = "l";
const MARK = "m";
const MEMBER = "n";
const REMOVED_MEMBER = "x";
const ALARM = "a";
const MARK_REVISIONS = Buffer.from(`${MARK}revisions`);
const MARK_APPLIED = Buffer.from(`${MARK}applied`);
const MARK_CLUSTER = Buffer.from(`${MARK}cluster`);
const NO_RECORD = { key: Buffer.alloc(0), value: Buffer.alloc(0) };
const MAP_BYTES = 64 * 1024 ** 3;

/** Users and roles; the tree of the second API. */
const SECTIONS = { auth: "p", v2: "t" } as const;
export type Section = keyof typeof SECTIONS;
/** The database takes keys of less than 2 kB. */
const MAX_NAME_BYTES = 1024;

/**
 * The state in LMDB. Changes gather in memory and go to the disk together (`flush`), with the applied mark: the WAL holds everything
 * since. Reads see what has gathered.
 */
export class LmdbBackend implements Backend {
  readonly path: string;
  readonly commitDurations = new DurationHistogram();
  #environment: RootDatabase<Buffer, Buffer>;
  #database: Database<Buffer, Buffer>;
  /** By key as latin-1 text; undefined marks a deletion. */
  readonly #pending = new Map<string, Buffer | undefined>();

  readonly #directory: string;
  #sizeBytes: number;
  /** While a compact copy is made: what has been written since it began. */
  #sinceCopy: Map<string, Buffer | undefined> | undefined;
  #copies = 0;

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true });
    this.#directory = directory;
    this.path = join(directory, "db");
    this.#environment = openEnvironment(this.path);
    this.#database = this.#environment;
    this.#sizeBytes = statSync(this.path).size;
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  /** Of the file; what was deleted is in it until `defragment`. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get sizeInUseBytes(): number {
    const { pageSize, treeBranchPageCount, treeLeafPageCount, overflowPages } = this.#environment.getStats() as Record<
      string,
      number
    >;
    return (pageSize ?? 0) * ((treeBranchPageCount ?? 0) + (treeLeafPageCount ?? 0) + (overflowPages ?? 0));
  }

  /** Gives the space of deleted records back: a compact copy takes the file's place. Reads and writes go on meanwhile. */
  async defragment(): Promise<void> {
    if (this.#sinceCopy) return;
    this.flush();
    this.#sinceCopy = new Map();
    const copyPath = join(this.#directory, `db.copy-${process.pid}-${this.#copies++}`);
    try {
      await this.#environment.backup(copyPath, true);
      const copy = openEnvironment(copyPath);
      this.flush();
      writeAll(copy, this.#sinceCopy);
      // Under the new name at once: the file is the same, and who opens the directory later finds it.
      renameSync(copyPath, this.path);
      renameSync(`${copyPath}-lock`, `${this.path}-lock`);
      const old = this.#environment;
      this.#environment = copy;
      this.#database = copy;
      this.#sizeBytes = statSync(this.path).size;
      await old.close();
    } finally {
      this.#sinceCopy = undefined;
    }
  }

  put(at: RevisionPair, kv: KeyValue): void {
    this.#set(revisionKey(at), encodeKeyValue(kv));
  }

  get(at: RevisionPair): KeyValue | undefined {
    const bytes = this.#get(revisionKey(at));
    return bytes && decodeKeyValue(bytes, at.main);
  }

  delete(at: RevisionPair): void {
    this.#set(revisionKey(at), undefined);
  }

  *scan(from: Revision, to?: Revision): Iterable<{ at: RevisionPair; kv: KeyValue }> {
    this.flush();
    const start = revisionKey({ main: Math.max(0, from), sub: 0 });
    const end = to === undefined ? Buffer.from([REVISION.charCodeAt(0) + 1]) : revisionKey({ main: to, sub: 0 });
    for (const { key, value } of this.#database.getRange({ start, end })) {
      const at = { main: key.readUInt32BE(1) * 2 ** 32 + key.readUInt32BE(5), sub: key.readUInt32BE(9) };
      yield { at, kv: decodeKeyValue(value, at.main) };
    }
  }

  putLease(lease: LeaseRecord): void {
    this.#set(Buffer.from(LEASE + lease.id), pack(lease));
  }

  deleteLease(id: LeaseId): void {
    this.#set(Buffer.from(LEASE + id), undefined);
  }

  leases(): Iterable<LeaseRecord> {
    return this.#unpacked(LEASE);
  }

  putMember(member: MemberRecord): void {
    this.#set(Buffer.from(MEMBER + member.id), pack(member));
  }

  deleteMember(id: NodeId): void {
    this.#set(Buffer.from(MEMBER + id), undefined);
  }

  members(): Iterable<MemberRecord> {
    return this.#unpacked(MEMBER);
  }

  putRemovedMember(id: NodeId): void {
    this.#set(Buffer.from(REMOVED_MEMBER + id), pack(id));
  }

  removedMembers(): Iterable<NodeId> {
    return this.#unpacked(REMOVED_MEMBER);
  }

  putAlarm(alarm: Alarm): void {
    this.#set(Buffer.from(`${ALARM}${alarm.kind}/${alarm.member}`), pack(alarm));
  }

  deleteAlarm(alarm: Alarm): void {
    this.#set(Buffer.from(`${ALARM}${alarm.kind}/${alarm.member}`), undefined);
  }

  alarms(): Iterable<Alarm> {
    return this.#unpacked(ALARM);
  }

  setClusterId(id: string): void {
    this.#set(MARK_CLUSTER, pack(id));
  }

  clusterId(): string | undefined {
    const bytes = this.#get(MARK_CLUSTER);
    return bytes && (unpack(bytes) as string);
  }

  /** A record of a part of the state that has a prefix of its own; undefined deletes it. Names may be of any length. */
  putIn(section: Section, name: string, value: Buffer | undefined): void {
    this.#set(sectionKey(section, name), value);
  }

  /** The records of one section, in no order that means anything. */
  *recordsIn(section: Section): Iterable<Buffer> {
    this.flush();
    const start = Buffer.from(SECTIONS[section]);
    const end = Buffer.from([SECTIONS[section].charCodeAt(0) + 1]);
    for (const { value } of this.#database.getRange({ start, end })) yield Buffer.from(value);
  }

  setRevisions(revisions: { compacted: Revision; current: Revision }): void {
    this.#set(MARK_REVISIONS, pack(revisions));
  }

  revisions(): { compacted: Revision; current: Revision } {
    const bytes = this.#get(MARK_REVISIONS);
    return bytes ? (unpack(bytes) as { compacted: Revision; current: Revision }) : { compacted: 0, current: 1 };
  }

  setApplied(mark: AppliedMark): void {
    this.#set(MARK_APPLIED, pack(mark));
  }

  applied(): AppliedMark | undefined {
    const bytes = this.#get(MARK_APPLIED);
    return bytes && (unpack(bytes) as AppliedMark);
  }

  /** One transaction for everything that has gathered. */
  flush(): void {
    if (this.#pending.size === 0) return;
    const startMs = performance.now();
    writeAll(this.#database, this.#pending);
    this.commitDurations.observe(performance.now() - startMs);
    for (const [key, value] of this.#pending) this.#sinceCopy?.set(key, value);
    this.#sizeBytes = statSync(this.path).size;
    this.#pending.clear();
  }

  /** Every record as it is at the call, whatever is written while they are read. */
  records(): Iterable<{ key: Buffer; value: Buffer }> {
    this.flush();
    const records = this.#pinnedRecords();
    // Up to its first stop, which is behind the beginning of the read transaction.
    records.next();
    return records;
  }

  *#pinnedRecords(): Generator<{ key: Buffer; value: Buffer }> {
    const rows = this.#database.getRange({ snapshot: true })[Symbol.iterator]();
    try {
      let row = rows.next();
      yield NO_RECORD;
      for (; !row.done; row = rows.next())
        yield { key: Buffer.from(row.value.key), value: Buffer.from(row.value.value) };
    } finally {
      rows.return?.();
    }
  }

  /** Writes foreign records as they are: the receiving end of a snapshot. */
  putRecords(records: readonly { key: Buffer; value: Buffer }[]): void {
    this.#database.transactionSync(() => {
      for (const { key, value } of records) this.#database.putSync(key, value);
    });
  }

  clear(): void {
    this.#pending.clear();
    this.#database.clearSync();
  }

  async close(): Promise<void> {
    this.flush();
    await this.#environment.close();
  }

  *#unpacked<T>(prefix: string): Iterable<T> {
    this.flush();
    const start = Buffer.from(prefix);
    const end = Buffer.from([prefix.charCodeAt(0) + 1]);
    for (const { value } of this.#database.getRange({ start, end })) yield unpack(value) as T;
  }

  #set(key: Buffer, value: Buffer | undefined): void {
    this.#pending.set(key.toString("latin1"), value);
  }

  #get(key: Buffer): Buffer | undefined {
    const text = key.toString("latin1");
    return this.#pending.has(text) ? this.#pending.get(text) : this.#database.get(key);
  }
}

function sectionKey(section: Section, name: string): Buffer {
  const key = Buffer.from(SECTIONS[section] + name);
  return key.length <= MAX_NAME_BYTES
    ? key
    : Buffer.from(`${SECTIONS[section]}sha256:${createHash("sha256").update(name).digest("hex")}`);
}

function openEnvironment(path: string): RootDatabase<Buffer, Buffer> {
  return open<Buffer, Buffer>({ path, noSubdir: true, keyEncoding: "binary", encoding: "binary", mapSize: MAP_BYTES });
}

/** One transaction. */
function writeAll(database: Database<Buffer, Buffer>, changes: ReadonlyMap<string, Buffer | undefined>): void {
  database.transactionSync(() => {
    for (const [key, value] of changes) {
      const bytes = Buffer.from(key, "latin1");
      if (value === undefined) database.removeSync(bytes);
      else database.putSync(bytes, value);
    }
  });
}

function revisionKey({ main, sub }: RevisionPair): Buffer {
  const key = Buffer.allocUnsafe(13);
  key[0] = REVISION.charCodeAt(0);
  key.writeUInt32BE(Math.floor(main / 2 ** 32), 1);
  key.writeUInt32BE(main >>> 0, 5);
  key.writeUInt32BE(sub, 9);
  return key;
}

function encodeKeyValue(kv: KeyValue): Buffer {
  const message = {
    key: Buffer.from(kv.key, "latin1"),
    createRevision: kv.createRevision,
    modRevision: kv.modRevision,
    version: kv.version,
    value: kv.value as Buffer,
    lease: kv.lease,
  };
  return Buffer.from(KeyValueMessage.encode(message).finish());
}

function decodeKeyValue(bytes: Buffer, main: Revision): KeyValue {
  const message = KeyValueMessage.decode(bytes);
  return {
    key: message.key.toString("latin1"),
    value: Buffer.from(message.value),
    createRevision: message.createRevision,
    modRevision: message.modRevision || main,
    version: message.version,
    lease: message.lease,
  };
}
