import type { ResponseHeader } from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { varintLength, writeBigVarint, writeVarint } from "./varint.ts";

const TAG_CLUSTER_ID = 0x08;
const TAG_MEMBER_ID = 0x10;
const TAG_REVISION = 0x18;
const TAG_RAFT_TERM = 0x20;

/** The ids of a header never change in the life of a process. */
let cachedFor: { clusterId: string; memberId: string } = { clusterId: "", memberId: "" };
let cachedIds: Buffer = Buffer.alloc(0);

/** Of the header as a field of its answer: with the tag of field 1 and its length. */
export function headerLength(header: ResponseHeader): number {
  return 2 + contentLength(header);
}

export function writeHeader(target: Buffer, header: ResponseHeader, start: number): number {
  const length = contentLength(header);
  target[start] = 0x0a;
  target[start + 1] = length;
  let at = start + 2;
  at += idsOf(header).copy(target, at);
  if (header.revision !== 0) {
    target[at] = TAG_REVISION;
    at = writeVarint(target, header.revision, at + 1);
  }
  if (header.raftTerm !== 0) {
    target[at] = TAG_RAFT_TERM;
    at = writeVarint(target, header.raftTerm, at + 1);
  }
  return at;
}

/** At most 44 bytes: its own length takes one. */
function contentLength(header: ResponseHeader): number {
  const { revision, raftTerm } = header;
  const ids = idsOf(header).length;
  return ids + (revision === 0 ? 0 : 1 + varintLength(revision)) + (raftTerm === 0 ? 0 : 1 + varintLength(raftTerm));
}

function idsOf({ clusterId, memberId }: ResponseHeader): Buffer {
  if (cachedFor.clusterId === clusterId && cachedFor.memberId === memberId) return cachedIds;
  const bytes = Buffer.alloc(24);
  let at = 0;
  for (const [tag, id] of [
    [TAG_CLUSTER_ID, BigInt(clusterId)],
    [TAG_MEMBER_ID, BigInt(memberId)],
  ] as const) {
    if (id === 0n) continue;
    bytes[at] = tag;
    at = writeBigVarint(bytes, BigInt.asUintN(64, id), at + 1);
  }
  cachedFor = { clusterId, memberId };
  cachedIds = bytes.subarray(0, at);
  return cachedIds;
}
