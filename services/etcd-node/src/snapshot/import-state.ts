import { type Bucket, bytesOf, type Entry, textOf } from "@drydock/bbolt";
import { type Revision, Store } from "@drydock/mvcc";
import { Role, User } from "@drydock/proto/etcd/api/authpb/auth";
import { AlarmMember, AlarmType } from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { Lease } from "@drydock/proto/etcd/lease/leasepb/lease";
import { Accounts } from "../auth/accounts.ts";
import { encodeKeyValue, StoredKeyValue } from "../backend/key-value-codec.ts";
import type { LmdbBackend } from "../backend/lmdb-backend.ts";
import type { RawRecord } from "../backend/pinned-read.ts";
import { type Change, putInBlocks } from "../backend/revision-block.ts";
import { BUCKET, decodeNumber, decodeRevision, FACT } from "./etcd-format.ts";
import { OfflineError } from "./snapshot-file.ts";

/** Written in one transaction. */
const BATCH_REVISIONS = 2000;

/**
 * Fills an empty backend with what etcd's database holds, of whichever server: keys with their history, leases, alarms, users and roles. Not
 * the members, nor how far their log was: a restored cluster is a new one. `bump` moves the revision on and makes everything before it history
 * that was compacted.
 */
export async function importState(root: Bucket, backend: LmdbBackend, bump: number): Promise<void> {
  const last = importRevisions(openBucket(root, BUCKET.key), backend);
  const compacted = revisionFact(root, FACT.compacted);
  const compacting = revisionFact(root, FACT.compacting);
  const current = Math.max(last, compacted, compacting, 1) + bump;
  importLeases(root, backend);
  importAlarms(root, backend);
  importAccounts(root, backend);
  backend.setRevisions({ compacted, finished: compacted, current });
  // One that was begun in the old cluster is ended here.
  const target = bump > 0 ? current : compacting;
  if (target > compacted) {
    const store = new Store(backend);
    store.compact(target);
    store.goOnCompacting();
  }
  await backend.sync();
}

/** Returns the last one. */
function importRevisions(bucket: Bucket, backend: LmdbBackend): Revision {
  let batch: Change[] = [];
  let last = 0;
  for (const { key, value } of bucket.entries()) {
    const revision = decodeRevision(key);
    if (!revision) throw new OfflineError(`the snapshot has a key that is no revision: ${textOf(key)}`);
    const { at, isTombstone } = revision;
    const bytes = isTombstone ? encodeDeletion(Buffer.from(value), at.main) : Buffer.from(value);
    batch.push({ at, bytes });
    last = at.main;
    if (batch.length < BATCH_REVISIONS) continue;
    backend.putRecords(inBlocks(batch));
    batch = [];
  }
  backend.putRecords(inBlocks(batch));
  return last;
}

function inBlocks(changes: readonly Change[]): RawRecord[] {
  const records: RawRecord[] = [];
  putInBlocks(changes, (key, value) => records.push({ key: Buffer.from(key), value }));
  return records;
}

function encodeDeletion(bytes: Buffer, main: Revision): Buffer {
  const { key } = new StoredKeyValue(bytes);
  return encodeKeyValue({
    key,
    value: new Uint8Array(0),
    createRevision: 0,
    modRevision: main,
    version: 0,
    lease: "0",
  });
}

function importLeases(root: Bucket, backend: LmdbBackend): void {
  for (const { value } of entriesOf(root, BUCKET.lease)) {
    const { ID: id, TTL: ttlSeconds, RemainingTTL: remainingSeconds } = Lease.decode(value);
    backend.putLease({ id, ttlSeconds, remainingSeconds });
  }
}

function importAlarms(root: Bucket, backend: LmdbBackend): void {
  for (const { key } of entriesOf(root, BUCKET.alarm)) {
    const { memberID: member, alarm } = AlarmMember.decode(key);
    if (alarm === AlarmType.NOSPACE) backend.putAlarm({ member, kind: "NOSPACE" });
    if (alarm === AlarmType.CORRUPT) backend.putAlarm({ member, kind: "CORRUPT" });
  }
}

function importAccounts(root: Bucket, backend: LmdbBackend): void {
  const accounts = new Accounts(backend);
  for (const { value } of entriesOf(root, BUCKET.users)) accounts.putUser(User.decode(value));
  for (const { value } of entriesOf(root, BUCKET.roles)) accounts.putRole(Role.decode(value));
  const isEnabled = factOf(root, BUCKET.auth, FACT.authEnabled)?.[0] === 1;
  const revision = factOf(root, BUCKET.auth, FACT.authRevision);
  accounts.setMarks({ isEnabled, revision: revision ? decodeNumber(revision) : 1 });
}

function revisionFact(root: Bucket, name: string): Revision {
  const value = factOf(root, BUCKET.meta, name);
  return (value && decodeRevision(value)?.at.main) ?? 0;
}

function factOf(root: Bucket, bucket: string, name: string): Uint8Array | undefined {
  for (const { key, value } of entriesOf(root, bucket)) if (textOf(key) === name) return value;
  return undefined;
}

function entriesOf(root: Bucket, name: string): Iterable<Entry> {
  return root.bucket(bytesOf(name))?.entries() ?? [];
}

function openBucket(root: Bucket, name: string): Bucket {
  const bucket = root.bucket(bytesOf(name));
  if (!bucket) throw new OfflineError(`the snapshot has no bucket "${name}": it is not of etcd`);
  return bucket;
}
