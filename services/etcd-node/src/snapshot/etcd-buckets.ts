import type { Item } from "@drydock/bbolt";
import type { LeaseRecord, Revision } from "@drydock/mvcc";
import { AlarmMember, AlarmType } from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { Lease } from "@drydock/proto/etcd/lease/leasepb/lease";
import type { NodeId } from "@drydock/raft";
import { unpack } from "msgpackr";
import type { Alarm } from "../apply/alarms.ts";
import { readAccountRecord } from "../auth/account-records.ts";
import { encodeKeyValue } from "../backend/key-value-codec.ts";
import type { PinnedRead } from "../backend/pinned-read.ts";
import { KIND, MARK_REVISIONS } from "../backend/record-keys.ts";
import { readRevisionMarks } from "../backend/revision-marks.ts";
import type { MemberRecord } from "../cluster/members.ts";
import {
  BUCKET,
  CLUSTER_VERSION,
  encodeConfiguration,
  encodeMember,
  encodeNumber,
  encodeRevision,
  FACT,
  memberKey,
} from "./etcd-format.ts";

interface Pair {
  readonly key: Buffer;
  readonly value: Buffer;
}

const NOTHING = Buffer.alloc(0);

/** The state as etcd's database would have it, bucket by bucket. The second API's keys are not in it, as they are not in etcd's. */
export function* etcdBuckets(pin: PinnedRead): Iterable<Item> {
  const contents: Readonly<Record<string, () => Iterable<Pair>>> = {
    [BUCKET.alarm]: () => sorted(alarms(pin)),
    [BUCKET.auth]: () => authFacts(pin),
    [BUCKET.roles]: () => sorted(accounts(pin, "role")),
    [BUCKET.users]: () => sorted(accounts(pin, "user")),
    [BUCKET.cluster]: () => [fact(FACT.clusterVersion, Buffer.from(CLUSTER_VERSION))],
    [BUCKET.key]: () => revisions(pin),
    [BUCKET.lease]: () => sorted(leases(pin)),
    [BUCKET.members]: () => sorted(members(pin)),
    [BUCKET.removedMembers]: () => sorted(removedMembers(pin)),
    [BUCKET.meta]: () => meta(pin),
  };
  for (const [name, items] of Object.entries(contents)) yield { key: Buffer.from(name), items };
}

/** Our order is etcd's, and the value its own message; only a deletion holds less there. */
function* revisions(pin: PinnedRead): Iterable<Pair> {
  for (const { at, kv } of pin.revisions(Number.POSITIVE_INFINITY)) {
    const isTombstone = kv.version === 0;
    yield { key: encodeRevision(at, isTombstone), value: isTombstone ? encodeTombstone(kv.key) : kv.encoded };
  }
}

function encodeTombstone(key: string): Buffer {
  return encodeKeyValue({ key, value: NOTHING, createRevision: 0, modRevision: 0, version: 0, lease: "0" });
}

function* leases(pin: PinnedRead): Iterable<Pair> {
  for (const { value } of pin.recordsOf(KIND.lease)) {
    const { id, ttlSeconds, remainingSeconds = 0 } = unpack(value) as LeaseRecord;
    const lease = { ID: id, TTL: ttlSeconds, RemainingTTL: remainingSeconds };
    yield { key: encodeNumber(BigInt(id)), value: Buffer.from(Lease.encode(lease).finish()) };
  }
}

function* alarms(pin: PinnedRead): Iterable<Pair> {
  for (const { value } of pin.recordsOf(KIND.alarm)) {
    const { member, kind } = unpack(value) as Alarm;
    const alarm = AlarmMember.encode({ memberID: member, alarm: AlarmType[kind] }).finish();
    yield { key: Buffer.from(alarm), value: NOTHING };
  }
}

function* members(pin: PinnedRead): Iterable<Pair> {
  for (const { value } of pin.recordsOf(KIND.member)) {
    const member = unpack(value) as MemberRecord;
    yield { key: memberKey(member.id), value: encodeMember(member) };
  }
}

function* removedMembers(pin: PinnedRead): Iterable<Pair> {
  for (const { value } of pin.recordsOf(KIND.removedMember))
    yield { key: memberKey(unpack(value) as NodeId), value: Buffer.from("removed") };
}

function* accounts(pin: PinnedRead, kind: "user" | "role"): Iterable<Pair> {
  for (const { value } of pin.recordsOf(KIND.auth)) {
    const record = readAccountRecord(value);
    if (record.kind === kind) yield { key: record.name, value: record.bytes };
  }
}

function authFacts(pin: PinnedRead): Pair[] {
  let marks = { isEnabled: false, revision: 1 };
  for (const { value } of pin.recordsOf(KIND.auth)) {
    const record = readAccountRecord(value);
    if (record.kind === "marks") marks = record.marks;
  }
  return [
    fact(FACT.authEnabled, Buffer.from([marks.isEnabled ? 1 : 0])),
    fact(FACT.authRevision, encodeNumber(marks.revision)),
  ];
}

function meta(pin: PinnedRead): Pair[] {
  const { index, term, configuration } = pin.mark ?? NEVER_APPLIED;
  const { compacted, finished } = readRevisionMarks(pin.get(MARK_REVISIONS));
  const revisionFact = (name: string, main: Revision) =>
    main > 0 ? [fact(name, encodeRevision({ main, sub: 0 }))] : [];
  return [
    fact(FACT.configuration, encodeConfiguration(configuration)),
    fact(FACT.consistentIndex, encodeNumber(index)),
    ...revisionFact(FACT.compacted, finished),
    ...revisionFact(FACT.compacting, compacted),
    fact(FACT.term, encodeNumber(term)),
  ];
}

const NEVER_APPLIED = { index: 0, term: 0, configuration: { voters: [], outgoing: [], learners: [] } };

function fact(name: string, value: Buffer): Pair {
  return { key: Buffer.from(name), value };
}

function sorted(pairs: Iterable<Pair>): Pair[] {
  return [...pairs].sort((a, b) => Buffer.compare(a.key, b.key));
}
