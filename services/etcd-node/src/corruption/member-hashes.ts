import type { PeerClient } from "@drydock/proto/drydock/raft/v1/raft";
import { AlarmRequest_AlarmAction as AlarmAction, AlarmType } from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import type { NodeId } from "@drydock/raft";
import { Metadata } from "@grpc/grpc-js";
import type { Driver } from "../driver/driver.ts";
import type { PeerSet } from "../peers/peer-set.ts";
import type { RpcContext } from "../rpc/context.ts";
import type { MemberHash } from "./compare-hashes.ts";
import { CorruptionCheck } from "./corruption-check.ts";

const TIMEOUT_MS = 5_000;

/** The comparison of this member's hash with its peers': who differs raises the CORRUPT alarm, after which nothing is served any more. */
export function createCorruptionCheck(context: RpcContext, peers: PeerSet, intervalMs: number): CorruptionCheck {
  const { driver, clock, logger } = context;
  const self = context.identity.memberId;
  return new CorruptionCheck({
    clock,
    intervalMs,
    self,
    isLeader: () => driver.isLeader,
    members: () => driver.state.machine.members.all.map(({ id }) => id),
    hashHere: () => hashHere(driver, self),
    hashThere: async (id, revision) => {
      const client = peers.rpc(id);
      return client && hashThere(client, id, revision);
    },
    onCorrupt: (members, message) => {
      logger.error({ members, reason: message }, "the members' states differ");
      for (const memberID of members)
        driver
          .propose({ $case: "alarm", value: { action: AlarmAction.ACTIVATE, memberID, alarm: AlarmType.CORRUPT } })
          .catch((error: unknown) => logger.error({ err: String(error) }, "alarm not raised"));
    },
  });
}

async function hashHere({ state }: Driver, member: NodeId): Promise<MemberHash> {
  const { hashRevision: revision, compactRevision, hash } = await state.hashes.at(state.machine.store.revision);
  return { member, revision, compactRevision, hash };
}

function hashThere(client: PeerClient, member: NodeId, revision: number): Promise<MemberHash> {
  return new Promise((resolve, reject) => {
    client.hashKv({ revision }, new Metadata(), { deadline: Date.now() + TIMEOUT_MS }, (error, response) => {
      if (error) reject(error);
      else {
        const { hash, compactRevision, hashRevision } = response;
        resolve({ member, revision: hashRevision, compactRevision, hash });
      }
    });
  });
}
