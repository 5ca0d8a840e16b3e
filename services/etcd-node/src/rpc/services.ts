import {
  AuthService,
  ClusterService,
  LeaseService,
  MaintenanceService,
} from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { ElectionService } from "@drydock/proto/etcd/api/v3electionpb/election";
import { LockService } from "@drydock/proto/etcd/api/v3lockpb/lock";
import type { ServiceDefinition, UntypedServiceImplementation } from "@grpc/grpc-js";
import type { JwtTokens } from "../auth/jwt-tokens.ts";
import type { CallCounters } from "../metrics/call-counters.ts";
import { createAuthService } from "./auth.ts";
import type { RpcContext } from "./context.ts";
import { createElectionService } from "./election.ts";
import { createKvService } from "./kv.ts";
import type { LeaseRpc } from "./lease.ts";
import { createLockService } from "./lock.ts";
import { createMaintenanceService } from "./maintenance.ts";
import type { MembershipRpc } from "./membership.ts";
import type { Quota } from "./quota.ts";
import type { WatchRpc } from "./watch.ts";
import { fastKvService } from "./wire/kv-codec.ts";
import { fastWatchService } from "./wire/watch-codec.ts";

export interface ClientService {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

/** Everything that clients may call, over gRPC and over JSON alike. */
export function createClientServices(
  context: RpcContext,
  parts: {
    readonly leases: LeaseRpc;
    readonly watches: WatchRpc;
    readonly membership: MembershipRpc;
    readonly quota: Quota;
    readonly jwt: JwtTokens | undefined;
    readonly bcryptCost: number;
    readonly maxTxnOps: number;
    readonly calls: CallCounters;
  },
): readonly ClientService[] {
  const recipes = {
    kv: createKvService(context, parts.quota, parts.maxTxnOps),
    watch: parts.watches.service(),
    lease: parts.leases.service(),
  };
  const services: readonly ClientService[] = [
    { definition: fastKvService, implementation: recipes.kv },
    { definition: fastWatchService, implementation: recipes.watch },
    { definition: LeaseService, implementation: recipes.lease },
    { definition: ClusterService, implementation: parts.membership.service() },
    { definition: MaintenanceService, implementation: createMaintenanceService(context, parts.quota) },
    { definition: AuthService, implementation: createAuthService(context, parts) },
    { definition: ElectionService, implementation: createElectionService(context, recipes) },
    { definition: LockService, implementation: createLockService(context, recipes) },
  ];
  return services.map((service) => parts.calls.wrap(service));
}
