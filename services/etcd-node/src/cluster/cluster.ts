import { createHash } from "node:crypto";
import type { Configuration, NodeId } from "@drydock/raft";

export interface ClusterMember {
  readonly id: NodeId;
  readonly name: string;
  readonly peerUrls: readonly string[];
}

/** Who belongs to the cluster, as the start-up flags of every member say it. */
export interface Cluster {
  readonly id: string;
  readonly members: readonly ClusterMember[];
  readonly self: ClusterMember;
}

export interface ClusterOptions {
  /** `name=url,name=url`; a member with several URLs is named several times. */
  readonly initialCluster: string;
  readonly token: string;
  readonly name: string;
}

/** Ids follow from peer URLs and the token, as in etcd: every member computes the same. Throws when the flags make no sense. */
export function parseCluster(options: ClusterOptions): Cluster {
  const urls = new Map<string, string[]>();
  for (const part of options.initialCluster.split(",").filter((text) => text !== "")) {
    const equals = part.indexOf("=");
    const name = part.slice(0, equals);
    const url = part.slice(equals + 1);
    if (equals < 1 || !/^https?:\/\/[^/]+:\d+$/.test(url))
      throw new Error(`--initial-cluster: "${part}" is not name=http(s)://host:port`);
    urls.set(name, [...(urls.get(name) ?? []), url]);
  }
  const members = [...urls].map(([name, peerUrls]): ClusterMember => {
    const id = hashId([...peerUrls].sort().join("") + options.token);
    return { id, name, peerUrls };
  });
  const self = members.find(({ name }) => name === options.name);
  if (!self) throw new Error(`--initial-cluster does not name this member, "${options.name}"`);
  const id = hashId(
    members
      .map((member) => member.id)
      .sort()
      .join(),
  );
  return { id, members, self };
}

export function initialConfiguration(cluster: Cluster): Configuration {
  return { voters: cluster.members.map(({ id }) => id), outgoing: [], learners: [] };
}

/** The first eight bytes of a SHA-1, as a decimal number. */
function hashId(text: string): string {
  return createHash("sha1").update(text).digest().readBigUInt64BE(0).toString();
}
