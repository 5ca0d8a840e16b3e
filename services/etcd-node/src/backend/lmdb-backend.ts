import { createHash } from "node:crypto";
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Backend, KeyValue, LeaseId, LeaseRecord, Revision, RevisionPair } from "@drydock/mvcc";
import { KeyValue as KeyValueMessage } from "@drydock/proto/etcd/api/mvccpb/kv";
import type { Configuration, LogIndex, Term } from "@drydock/raft";
import { type Database, open, type RootDatabase } from "lmdb";
import { pack, unpack } from "msgpackr";

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
const MARK_REVISIONS = Buffer.from(`${MARK}revisions`);
const MARK_APPLIED = Buffer.from(`${MARK}applied`);
const MAP_BYTES = 64 * 1024 ** 3;

/** Users and roles. */
const SECTIONS = { auth: "p" } as const;
export type Section = keyof typeof SECTIONS;
/** The database takes keys of less than 2 kB. */
const MAX_NAME_BYTES = 1024;

/** What a member has published about itself. */
export interface MemberRecord {
  readonly id: string;
  readonly clientUrls: readonly string[];
}

/**
 * The state in LMDB. Changes gather in memory and go to the disk together (`flush`), with the applied mark: the WAL holds everything
 * since. Reads see what has gathered.
 */
export class LmdbBackend implements Backend {
  readonly path: string;
  #environment: RootDatabase<Buffer, Buffer>;
  #database: Database<Buffer, Buffer>;
  /** By key as latin-1 text; undefined marks a deletion. */
  readonly #pending = new Map<string, Buffer | undefined>();

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true });
    this.path = join(directory, "db");
    this.#environment = open<Buffer, Buffer>({
      path: this.path,
      noSubdir: true,
      keyEncoding: "binary",
      encoding: "binary",
      mapSize: MAP_BYTES,
    });
    this.#database = this.#environment;
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  get sizeBytes(): number {
    return statSync(this.path).size;
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

  *leases(): Iterable<LeaseRecord> {
    this.flush();
    const start = Buffer.from(LEASE);
    const end = Buffer.from([LEASE.charCodeAt(0) + 1]);
    for (const { value } of this.#database.getRange({ start, end })) yield unpack(value) as LeaseRecord;
  }

  putMember(member: MemberRecord): void {
    this.#set(Buffer.from(MEMBER + member.id), pack(member));
  }

  *members(): Iterable<MemberRecord> {
    this.flush();
    const start = Buffer.from(MEMBER);
    const end = Buffer.from([MEMBER.charCodeAt(0) + 1]);
    for (const { value } of this.#database.getRange({ start, end })) yield unpack(value) as MemberRecord;
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
    this.#database.transactionSync(() => {
      for (const [key, value] of this.#pending) {
        const bytes = Buffer.from(key, "latin1");
        if (value === undefined) this.#database.removeSync(bytes);
        else this.#database.putSync(bytes, value);
      }
    });
    this.#pending.clear();
  }

  /** Every record, for a snapshot: consistent because nothing else runs between its steps unless the caller lets it. */
  *records(): Iterable<{ key: Buffer; value: Buffer }> {
    this.flush();
    for (const { key, value } of this.#database.getRange({ snapshot: true }))
      yield { key: Buffer.from(key), value: Buffer.from(value) };
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
