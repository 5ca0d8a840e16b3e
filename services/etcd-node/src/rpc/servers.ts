import { PeerService } from "@drydock/proto/drydock/raft/v1/raft";
import type { SnapshotRequest } from "@drydock/raft";
import { Server } from "@grpc/grpc-js";
import type { JwtTokens } from "../auth/jwt-tokens.ts";
import type { CallCounters } from "../metrics/call-counters.ts";
import { createPeerService } from "../peers/peer-service.ts";
import type { PeerSet } from "../peers/peer-set.ts";
import type { RpcContext } from "./context.ts";
import { LeaseRpc } from "./lease.ts";
import { hashKv } from "./maintenance.ts";
import { MembershipRpc } from "./membership.ts";
import { Quota } from "./quota.ts";
import { type ClientService, createClientServices } from "./services.ts";
import { WatchRpc } from "./watch.ts";

export interface MemberServers {
  readonly clients: Server;
  readonly peers: Server;
  readonly leases: LeaseRpc;
  readonly watches: WatchRpc;
  readonly quota: Quota;
  /** What clients may call, for those who do not come by gRPC. */
  readonly services: readonly ClientService[];
}

/** The two gRPC servers of a member, one for clients and one for its peers, with all services; not listening yet. */
export function createMemberServers(
  context: RpcContext,
  peers: PeerSet,
  options: { readonly quotaBytes: number; readonly jwt: JwtTokens | undefined; readonly calls: CallCounters },
): MemberServers {
  const { driver } = context;
  const quota = new Quota(context, options.quotaBytes);
  const leases = new LeaseRpc(context, quota, (id) => peers.rpc(id));
  const membership = new MembershipRpc(
    context,
    (id) => peers.rpc(id),
    (ids) => peers.connected(ids),
  );
  const watches = new WatchRpc(context);
  const peerServer = createServer();
  peerServer.addService(
    PeerService,
    createPeerService({
      self: context.identity.memberId,
      onMessages: (messages) => driver.receive(messages),
      onSnapshot: (message, records) => driver.receiveSnapshot(message as SnapshotRequest, records),
      hashKv: (revision) => hashKv(context, revision),
      wasRemoved: (id) => driver.state.machine.members.wasRemoved(id),
      leases,
      membership,
    }),
  );
  const clientServer = createServer();
  const { jwt, calls } = options;
  const services = createClientServices(context, { leases, watches, membership, quota, jwt, calls });
  for (const { definition, implementation } of services) clientServer.addService(definition, implementation);
  return { clients: clientServer, peers: peerServer, leases, watches, quota, services };
}

function createServer(): Server {
  return new Server({
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
    "grpc.keepalive_permit_without_calls": 1,
    "grpc.http2.min_time_between_pings_ms": 500,
    "grpc.enable_channelz": 0,
  });
}
