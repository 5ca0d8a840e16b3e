import type { PeerClient } from "@drydock/proto/drydock/raft/v1/raft";
import { AlarmRequest_AlarmAction as AlarmAction, AlarmType } from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import type { NodeId } from "@drydock/raft";
import { Metadata } from "@grpc/grpc-js";
import type { Driver } from "../driver/driver.ts";
import type { PeerSet } from "../peers/peer-set.ts";
import type { RpcContext } from "../rpc/context.ts";
import { CompactHashCheck } from "./compact-hash-check.ts";
import type { MemberHash } from "./compare-hashes.ts";
import { CorruptionCheck } from "./corruption-check.ts";
import type { HashKv } from "./hash-kv.ts";

const TIMEOUT_MS = 5_000;

/** The comparison of this member's hash with its peers': who differs raises the CORRUPT alarm, after which nothing is served any more. */
export function createCorruptionCheck(context: RpcContext, peers: PeerSet, intervalMs: number): CorruptionCheck {
  const { driver, identity } = context;
  return new CorruptionCheck({
    ...comparisonOf(context, peers),
    intervalMs,
    hashHere: () => hashHere(driver, identity.memberId),
  });
}

/** The same of what was remembered where the store was compacted. */
export function createCompactHashCheck(context: RpcContext, peers: PeerSet, intervalMs: number): CompactHashCheck {
  const { driver, identity } = context;
  return new CompactHashCheck({
    ...comparisonOf(context, peers),
    intervalMs,
    onAgreement: (revision) => context.logger.info({ revision }, "finished compaction hash check"),
    hashesHere: () => driver.state.hashes.remembered.map((hash) => toMemberHash(identity.memberId, hash)),
  });
}

function comparisonOf(context: RpcContext, peers: PeerSet) {
  const { driver, clock, logger } = context;
  return {
    clock,
    self: context.identity.memberId,
    isLeader: () => driver.isLeader,
    members: () => driver.state.machine.members.all.map(({ id }) => id),
    hashThere: async (id: NodeId, revision: number) => {
      const client = peers.rpc(id);
      return client && hashThere(client, id, revision);
    },
    onCorrupt: (members: readonly NodeId[], message: string) => {
      logger.error({ members, reason: message }, "the members' states differ");
      for (const memberID of members)
        driver
          .propose({ $case: "alarm", value: { action: AlarmAction.ACTIVATE, memberID, alarm: AlarmType.CORRUPT } })
          .catch((error: unknown) => logger.error({ err: String(error) }, "alarm not raised"));
    },
  };
}

async function hashHere({ state }: Driver, member: NodeId): Promise<MemberHash> {
  return toMemberHash(member, await state.hashes.at(state.machine.store.revision));
}

function hashThere(client: PeerClient, member: NodeId, revision: number): Promise<MemberHash> {
  return new Promise((resolve, reject) => {
    client.hashKv({ revision }, new Metadata(), { deadline: Date.now() + TIMEOUT_MS }, (error, response) => {
      if (error) reject(error);
      else {
        resolve(toMemberHash(member, response));
      }
    });
  });
}

function toMemberHash(member: NodeId, { hash, compactRevision, hashRevision: revision }: HashKv): MemberHash {
  return { member, revision, compactRevision, hash };
}
