import type { SnapshotRequest } from "@drydock/raft";
import type { JwtTokens } from "../auth/jwt-tokens.ts";
import type { CallCounters } from "../metrics/call-counters.ts";
import { fastPeerService } from "../peers/message-codec.ts";
import { createPeerService } from "../peers/peer-service.ts";
import type { PeerSet } from "../peers/peer-set.ts";
import type { RpcContext } from "./context.ts";
import { GrpcServices } from "./grpc-services.ts";
import { LeaseRpc } from "./lease.ts";
import { hashKv } from "./maintenance.ts";
import { MembershipRpc } from "./membership.ts";
import { Quota } from "./quota.ts";
import { type ClientService, createClientServices } from "./services.ts";
import { WatchRpc } from "./watch.ts";

/** etcd's: a request may be so much longer on the wire than the limit on requests says. */
const GRPC_OVERHEAD_BYTES = 512 * 1024;
/** Raft cuts its messages long before. */
const PEER_OCTETS_MAX = 512 * 1024 * 1024;

export interface MemberServers {
  readonly clients: GrpcServices;
  readonly peers: GrpcServices;
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
  options: {
    readonly quotaBackendBytes: number;
    readonly electionTimeout: number;
    readonly maxRequestBytes: number;
    readonly maxTxnOps: number;
    readonly strictReconfigCheck: boolean;
    readonly maxLearners: number;
    readonly watchProgressNotifyInterval: number;
    readonly jwt: JwtTokens | undefined;
    readonly bcryptCost: number;
    readonly calls: CallCounters;
  },
): MemberServers {
  const { driver } = context;
  const quota = new Quota(context, options.quotaBackendBytes);
  const leases = new LeaseRpc(context, quota, (id) => peers.rpc(id), options.electionTimeout);
  const membership = new MembershipRpc(
    context,
    (id) => peers.rpc(id),
    (ids) => peers.connected(ids),
    { isStrict: options.strictReconfigCheck, learnersMax: options.maxLearners },
  );
  const watches = new WatchRpc(context, options.watchProgressNotifyInterval);
  const peerServices = new GrpcServices(PEER_OCTETS_MAX);
  peerServices.add(
    fastPeerService,
    createPeerService({
      self: context.identity.memberId,
      onMessages: (messages, from, bytes) => {
        peers.received(from, bytes);
        driver.receive(messages);
      },
      onSnapshot: (message, records) => driver.receiveSnapshot(message as SnapshotRequest, records),
      hashKv: (revision) => hashKv(context, revision),
      wasRemoved: (id) => driver.state.machine.members.wasRemoved(id),
      leases,
      membership,
    }),
  );
  const clientServices = new GrpcServices(options.maxRequestBytes + GRPC_OVERHEAD_BYTES);
  const services = createClientServices(context, { ...options, leases, watches, membership, quota });
  for (const { definition, implementation } of services) clientServices.add(definition, implementation);
  return { clients: clientServices, peers: peerServices, leases, watches, quota, services };
}
