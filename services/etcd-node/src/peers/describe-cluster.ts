import { PeerClient } from "@drydock/proto/drydock/raft/v1/raft";
import type { Member } from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { Metadata } from "@grpc/grpc-js";
import type { ClusterView } from "../cluster/bootstrap.ts";
import type { MemberRecord } from "../cluster/members.ts";
import { type PeerTls, peerCredentials } from "./peer-credentials.ts";

const TIMEOUT_MS = 2_000;

/** Asks the member behind this peer URL which cluster it belongs to. Rejects when it does not answer. */
export async function describeCluster(peerUrl: string, tls: PeerTls): Promise<ClusterView> {
  const client = new PeerClient(new URL(peerUrl).host, peerCredentials(peerUrl, tls));
  try {
    return await new Promise((resolve, reject) => {
      client.describeCluster({}, new Metadata(), { deadline: Date.now() + TIMEOUT_MS }, (error, cluster) => {
        if (error) reject(error);
        else resolve({ clusterId: cluster.clusterId, members: cluster.members.map(toRecord) });
      });
    });
  } finally {
    client.close();
  }
}

function toRecord({ ID, name, peerURLs, clientURLs, isLearner }: Member): MemberRecord {
  return { id: ID, name, peerUrls: peerURLs, clientUrls: clientURLs, isLearner };
}
