import {
  ClusterService,
  type CompactionResponse,
  type DeleteRangeResponse,
  KVService,
  type LeaseGrantResponse,
  type LeaseRevokeResponse,
  LeaseService,
  type LeaseTimeToLiveResponse,
  MaintenanceService,
  type MemberListResponse,
  type PutResponse,
  type RangeResponse,
  type StatusResponse,
  type TxnResponse,
} from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { Caller, type CallOptions, callOnce, toEtcdError } from "./caller.ts";
import type { EtcdTls } from "./endpoint.ts";
import { EndpointPool } from "./endpoint-pool.ts";
import { keepAlive, keepAliveOnce } from "./lease.ts";
import {
  type DeleteRangeOptions,
  type PutOptions,
  type RangeOptions,
  type TxnOptions,
  toDeleteRangeRequest,
  toPutRequest,
  toRangeRequest,
  toTxnRequest,
} from "./requests.ts";
import { EtcdWatch, type WatchOptions } from "./watch.ts";

export interface EtcdClientOptions {
  /** `https://host:port` each. One member is used until it fails, then the next. */
  readonly endpoints: readonly string[];
  readonly tls?: EtcdTls;
  /** Of calls that do not bring their own; 10 s by default. */
  readonly timeoutMs?: number;
}

/**
 * A client of etcd's v3 API. Keys and values are bytes (text is taken as UTF-8); revisions are numbers; cluster, member and lease ids are
 * decimal strings. Every call ends by its deadline. Errors are `EtcdError` with etcd's own text and gRPC code: `OutcomeUnknownError`
 * when a write was sent and its fate is not known, `CompactedError` when history is gone.
 */
export interface EtcdClient {
  range(request: RangeOptions, options?: CallOptions): Promise<RangeResponse>;
  put(request: PutOptions, options?: CallOptions): Promise<PutResponse>;
  deleteRange(request: DeleteRangeOptions, options?: CallOptions): Promise<DeleteRangeResponse>;
  txn(request: TxnOptions, options?: CallOptions): Promise<TxnResponse>;
  compact(revision: number, options?: CallOptions & { physical?: boolean }): Promise<CompactionResponse>;
  watch(request: WatchOptions): EtcdWatch;
  /** `ttl` in seconds; without an id the store chooses one. */
  leaseGrant(request: { ttl: number; id?: string }, options?: CallOptions): Promise<LeaseGrantResponse>;
  leaseRevoke(id: string, options?: CallOptions): Promise<LeaseRevokeResponse>;
  leaseTimeToLive(id: string, options?: CallOptions & { keys?: boolean }): Promise<LeaseTimeToLiveResponse>;
  /** Renews once; seconds left, 0 if the lease is gone. */
  leaseKeepAliveOnce(id: string, options?: CallOptions): Promise<number>;
  /** Renews until aborted; rejects with NOT_FOUND once the lease is gone. */
  leaseKeepAlive(id: string, signal: AbortSignal): Promise<void>;
  memberList(options?: CallOptions): Promise<MemberListResponse>;
  /** Of one of the endpoints given, asked directly. */
  status(endpoint: string, options?: CallOptions): Promise<StatusResponse>;
  /** Ends all watches and calls. */
  close(): void;
}

const DEFAULT_TIMEOUT_MS = 10_000;

export function createEtcdClient({ endpoints, tls, timeoutMs = DEFAULT_TIMEOUT_MS }: EtcdClientOptions): EtcdClient {
  const pool = new EndpointPool(endpoints, tls);
  const caller = new Caller(pool, timeoutMs);
  const watches = new Set<EtcdWatch>();
  return {
    range: (request, options) =>
      caller.read(KVService.range, toRangeRequest(request), {
        requiresLeader: !request.serializable,
        ...options,
      }),
    put: (request, options) => caller.write(KVService.put, toPutRequest(request), options),
    deleteRange: (request, options) => caller.write(KVService.deleteRange, toDeleteRangeRequest(request), options),
    txn: (request, options) => {
      const call = isReadOnly(request) ? caller.read.bind(caller) : caller.write.bind(caller);
      return call(KVService.txn, toTxnRequest(request), options);
    },
    compact: (revision, options) =>
      caller.write(KVService.compact, { revision, physical: options?.physical ?? false }, options),
    watch(request) {
      const watch = new EtcdWatch(pool, request);
      watches.add(watch);
      watch.ended.then(() => watches.delete(watch));
      return watch;
    },
    leaseGrant: ({ ttl, id = "0" }, options) => caller.write(LeaseService.leaseGrant, { TTL: ttl, ID: id }, options),
    leaseRevoke: (id, options) => caller.write(LeaseService.leaseRevoke, { ID: id }, options),
    leaseTimeToLive: (id, options) =>
      caller.read(LeaseService.leaseTimeToLive, { ID: id, keys: options?.keys ?? false }, options),
    leaseKeepAliveOnce: (id, options) => keepAliveOnce(pool, id, Date.now() + (options?.timeoutMs ?? timeoutMs)),
    leaseKeepAlive: (id, signal) => keepAlive(pool, id, signal),
    memberList: (options) => caller.read(ClusterService.memberList, { linearizable: true }, options),
    async status(endpoint, options) {
      const deadlineMs = Date.now() + (options?.timeoutMs ?? timeoutMs);
      try {
        const member = pool.find(endpoint);
        await member.connect(deadlineMs);
        return await callOnce(MaintenanceService.status, member, {}, deadlineMs, { ...options, requiresLeader: false });
      } catch (cause) {
        throw toEtcdError(cause);
      }
    },
    close() {
      for (const watch of watches) watch.cancel();
      pool.close();
    },
  };
}

/** A txn without writes may be tried again like any read. */
function isReadOnly({ success = [], failure = [] }: TxnOptions): boolean {
  return [...success, ...failure].every(
    (operation) => operation.kind === "range" || (operation.kind === "txn" && isReadOnly(operation)),
  );
}
