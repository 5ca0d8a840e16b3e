import type { RevisionPair } from "@drydock/mvcc";
import type { Configuration, NodeId } from "@drydock/raft";
import type { MemberRecord } from "../cluster/members.ts";

/** The buckets of etcd's database, in the order of their names. */
export const BUCKET = {
  alarm: "alarm",
  auth: "auth",
  roles: "authRoles",
  users: "authUsers",
  cluster: "cluster",
  key: "key",
  lease: "lease",
  members: "members",
  removedMembers: "members_removed",
  meta: "meta",
} as const;

/** What stands in the buckets that hold single facts. */
export const FACT = {
  authEnabled: "authEnabled",
  authRevision: "authRevision",
  clusterVersion: "clusterVersion",
  configuration: "confState",
  consistentIndex: "consistent_index",
  compacted: "finishedCompactRev",
  compacting: "scheduledCompactRev",
  term: "term",
} as const;

/**
 * The lowest version that knows all of these facts. Servers of later ones bring the database up to their own; none starts on that of a
 * later cluster.
 */
export const CLUSTER_VERSION = "3.5.0";

const SEPARATOR = "_".charCodeAt(0);
const TOMBSTONE = "t".charCodeAt(0);
const REVISION_BYTES = 17;

export function encodeNumber(value: number | bigint): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}

export function decodeNumber(bytes: Uint8Array): number {
  return Number(Buffer.from(bytes).readBigInt64BE(0));
}

export function encodeRevision({ main, sub }: RevisionPair, isTombstone = false): Buffer {
  const bytes = Buffer.allocUnsafe(isTombstone ? REVISION_BYTES + 1 : REVISION_BYTES);
  bytes.writeBigInt64BE(BigInt(main), 0);
  bytes[8] = SEPARATOR;
  bytes.writeBigInt64BE(BigInt(sub), 9);
  if (isTombstone) bytes[REVISION_BYTES] = TOMBSTONE;
  return bytes;
}

/** Undefined when it is none. */
export function decodeRevision(key: Uint8Array): { at: RevisionPair; isTombstone: boolean } | undefined {
  const isTombstone = key.length === REVISION_BYTES + 1 && key[REVISION_BYTES] === TOMBSTONE;
  if ((key.length !== REVISION_BYTES && !isTombstone) || key[8] !== SEPARATOR) return undefined;
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
  const at = { main: Number(view.getBigInt64(0)), sub: Number(view.getBigInt64(9)) };
  return { at, isTombstone };
}

export function memberKey(id: NodeId): Buffer {
  return Buffer.from(BigInt(id).toString(16));
}

export function encodeMember({ id, peerUrls, name, clientUrls, isLearner }: MemberRecord): Buffer {
  const rest = {
    peerURLs: peerUrls,
    isLearner: isLearner || undefined,
    name: name || undefined,
    clientURLs: clientUrls.length > 0 ? clientUrls : undefined,
  };
  return Buffer.from(`{"id":${id},${JSON.stringify(rest).slice(1)}`);
}

/** raftpb.ConfState as JSON: ids are numbers of 64 bits. */
export function encodeConfiguration({ voters, outgoing, learners }: Configuration): Buffer {
  const lists = Object.entries({ voters, learners, voters_outgoing: outgoing })
    .filter(([, ids]) => ids.length > 0)
    .map(([name, ids]) => `"${name}":[${ids.join(",")}],`);
  return Buffer.from(`{${lists.join("")}"auto_leave":false}`);
}
