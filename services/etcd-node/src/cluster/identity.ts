import { createHash } from "node:crypto";
import type { Configuration, NodeId } from "@drydock/raft";
import type { MemberRecord } from "./members.ts";

/** Which cluster a member belongs to, and who it is there: fixed for the life of its data directory. */
export interface Identity {
  readonly clusterId: string;
  readonly memberId: NodeId;
}

/** How a member without data begins. */
export interface Bootstrap {
  readonly identity: Identity;
  /** Those it knows at first: of a new cluster all, and they are its configuration; of one it joins, those it can ask. */
  readonly members: readonly MemberRecord[];
  /** Joins a cluster that exists: the leader sends it everything, the configuration included. */
  readonly isJoining: boolean;
}

export function initialConfiguration({ members, isJoining }: Bootstrap): Configuration {
  return { voters: isJoining ? [] : members.map(({ id }) => id), outgoing: [], learners: [] };
}

/** One member as `--initial-cluster` names it. */
export interface NamedPeer {
  readonly name: string;
  readonly peerUrls: readonly string[];
}

/** `name=url,name=url`; a member with several URLs is named several times. Throws when it makes no sense. */
export function parseInitialCluster(text: string): NamedPeer[] {
  const urls = new Map<string, string[]>();
  for (const part of text.split(",").filter((word) => word !== "")) {
    const equals = part.indexOf("=");
    const name = part.slice(0, equals);
    const url = part.slice(equals + 1);
    if (equals < 1 || !/^https?:\/\/[^/]+:\d+$/.test(url))
      throw new Error(`--initial-cluster: "${part}" is not name=http(s)://host:port`);
    urls.set(name, [...(urls.get(name) ?? []), url]);
  }
  return [...urls].map(([name, peerUrls]) => ({ name, peerUrls }));
}

/** A new cluster of these members. Ids follow from peer URLs and the token, as in etcd: every member computes the same. */
export function foundCluster(peers: readonly NamedPeer[], token: string, name: string): Bootstrap {
  const members = peers.map(
    ({ name: memberName, peerUrls }): MemberRecord => ({
      id: hashId([...peerUrls].sort().join("") + token),
      name: memberName,
      peerUrls,
      clientUrls: [],
      isLearner: false,
    }),
  );
  const self = members.find((member) => member.name === name);
  if (!self) throw new Error(`--initial-cluster does not name this member, "${name}"`);
  const ids = members.map(({ id }) => id).sort();
  return { identity: { clusterId: hashId(ids.join()), memberId: self.id }, members, isJoining: false };
}

/** The id of a member that is added: unlike any that was there before, as it may have had the same URLs. */
export function newMemberId(peerUrls: readonly string[], clusterId: string, nowMs: number): NodeId {
  return hashId([...peerUrls].sort().join("") + clusterId + nowMs);
}

/** The first eight bytes of a SHA-1, as a decimal number. */
function hashId(text: string): string {
  return createHash("sha1").update(text).digest().readBigUInt64BE(0).toString();
}
