import {
  AlarmRequest_AlarmAction as AlarmAction,
  type AlarmMember,
  type AlarmRequest,
  AlarmType,
  type HashKVResponse,
  type MaintenanceServer,
} from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { NONE } from "@drydock/raft";
import type { Alarm } from "../apply/alarms.ts";
import { SERVER_VERSION } from "../cluster/versions.ts";
import { sendSnapshot } from "../snapshot/send-snapshot.ts";
import { header, type RpcContext, unary } from "./context.ts";
import { changeDowngrade } from "./downgrade.ts";
import { errors, toServiceError } from "./errors.ts";
import type { Quota } from "./quota.ts";

/** Maintenance: status, hashes, snapshots, defragmentation, leadership. */
export function createMaintenanceService(context: RpcContext, quota: Quota): MaintenanceServer {
  const { driver } = context;
  return {
    status: unary(context, async (_, call) => {
      await context.access.user(call);
      const { leader, term, committed, applied } = driver.status;
      const dbSize = driver.state.backend.sizeBytes;
      return {
        header: header(context),
        version: SERVER_VERSION,
        dbSize,
        leader: leader === NONE ? "0" : leader,
        raftIndex: committed,
        raftTerm: term,
        raftAppliedIndex: applied,
        errors: [
          ...(leader === NONE ? ["etcdserver: no leader"] : []),
          ...driver.state.machine.alarms.active.map(({ member, kind }) => `memberID:${member} alarm:${kind} `),
        ],
        dbSizeInUse: driver.state.backend.sizeInUseBytes,
        isLearner: driver.state.machine.members.get(context.identity.memberId)?.isLearner ?? false,
        storageVersion: context.versions.storage,
        dbSizeQuota: Number.isFinite(quota.limitBytes) ? quota.limitBytes : 0,
        downgradeInfo: {
          enabled: driver.state.machine.versions.isDowngrading,
          targetVersion: driver.state.machine.versions.target,
        },
      };
    }),
    hash: unary(context, async (_, call) => {
      await context.access.admin(call);
      const { hash } = await driver.state.hashes.whole();
      return { header: header(context), hash };
    }),
    hashKv: unary(context, async ({ revision }, call) => {
      await context.access.admin(call);
      return hashKv(context, revision);
    }),
    alarm: unary(context, async (request, call) => {
      if (request.action === AlarmAction.GET) await context.access.user(call);
      else await context.access.admin(call);
      const alarms =
        request.action === AlarmAction.GET
          ? driver.state.machine.alarms.ofType(request.alarm)
          : await proposeAlarm(context, request);
      return { header: header(context), alarms: alarms.map(toAlarmMember) };
    }),
    defragment: unary(context, async (_, call) => {
      await context.access.admin(call);
      await driver.state.backend.defragment();
      return { header: undefined };
    }),
    downgrade: unary(context, async (request, call) => {
      await context.access.admin(call);
      const version = await changeDowngrade(context, request);
      return { header: header(context), version };
    }),
    moveLeader: unary(context, async ({ targetID }, call) => {
      await context.access.admin(call);
      if (!driver.isLeader) throw errors.notLeader();
      if (targetID === context.identity.memberId) return { header: undefined };
      if (!driver.transferLeadership(targetID)) throw errors.badLeaderTransferee();
      const deadlineMs = context.clock.monotonicMs() + 5_000;
      while (driver.soft.leader !== targetID) {
        if (context.clock.monotonicMs() > deadlineMs) throw errors.timeout();
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return { header: undefined };
    }),
    snapshot: (call) => {
      context.access
        .admin(call)
        .then(() =>
          sendSnapshot(call, context.driver.state.backend, { header: header(context), version: SERVER_VERSION }),
        )
        .catch((error: unknown) => call.emit("error", toServiceError(error)));
    },
  };
}

/** A hash of everything up to the revision, 0 for the present one. Rejects with RpcError when that is not there. */
export async function hashKv(context: RpcContext, revision: number): Promise<HashKVResponse> {
  const { machine, hashes } = context.driver.state;
  const { store } = machine;
  const remembered = await hashes.rememberedAt(revision);
  if (remembered) return { header: header(context), ...remembered };
  const hashRevision = revision || store.revision;
  if (hashRevision > store.revision) throw errors.futureRevision();
  if (revision > 0 && revision < store.compactedRevision) throw errors.compacted();
  const hash = await hashes.at(hashRevision);
  return { header: header(context), ...hash };
}

async function proposeAlarm(context: RpcContext, request: AlarmRequest): Promise<readonly Alarm[]> {
  const outcome = await context.driver.propose({ $case: "alarm", value: request });
  return outcome.kind === "alarms" ? outcome.alarms : [];
}

function toAlarmMember({ member, kind }: Alarm): AlarmMember {
  return { memberID: member, alarm: AlarmType[kind] };
}
