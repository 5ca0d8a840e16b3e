import {
  CompactedError,
  FutureRevisionError,
  type Lessor,
  NO_LEASE,
  type Revision,
  type Store,
  type WriteTxn,
} from "@drydock/mvcc";
import type { Command } from "@drydock/proto/drydock/raft/v1/raft";
import {
  AlarmRequest_AlarmAction as AlarmAction,
  type AlarmRequest,
  type DeleteRangeRequest,
  type DeleteRangeResponse,
  type PutRequest,
  type PutResponse,
  type RangeRequest,
  type RangeResponse,
  type RequestOp,
  type ResponseOp,
  type TxnRequest,
  type TxnResponse,
} from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import type { ConfigurationChange } from "@drydock/raft";
import type { AuthStore } from "../auth/auth-store.ts";
import { authorize } from "../auth/authorize.ts";
import type { Members } from "../cluster/members.ts";
import type { Versions } from "../cluster/versions.ts";
import { errors, RpcError } from "../rpc/errors.ts";
import { keyTextOf } from "../rpc/wire/encoded-put.ts";
import type { V2Error } from "../v2/errors.ts";
import type { V2Event } from "../v2/event.ts";
import type { V2Store } from "../v2/store.ts";
import { type Alarm, type Alarms, alarmKindOf } from "./alarms.ts";
import { holds } from "./compare.ts";
import { hasPut, isReadOnly, toKeyRange, toKeyValueMessage, toRangeOptions } from "./requests.ts";

/**
 * The outcome of a command: the answer without its header, or the error it deserves. The same on every member. `revision` is that of the
 * store right behind the command; later ones may be applied before the answer leaves.
 */
export type Outcome =
  | { readonly kind: "put"; readonly response: PutResponse; readonly revision: Revision }
  | { readonly kind: "delete-range"; readonly response: DeleteRangeResponse; readonly revision: Revision }
  | { readonly kind: "txn"; readonly response: TxnResponse; readonly revision: Revision }
  | { readonly kind: "auth"; readonly token: string }
  /** What raft's configuration becomes by it. */
  | { readonly kind: "membership"; readonly change: ConfigurationChange }
  | { readonly kind: "alarms"; readonly alarms: readonly Alarm[] }
  | { readonly kind: "v2"; readonly event?: V2Event; readonly error?: V2Error; readonly index: number }
  | { readonly kind: "done" }
  | { readonly kind: "error"; readonly error: RpcError };

const NO_HEADER = { clusterId: "0", memberId: "0", revision: 0, raftTerm: 0 };

/** What is done with keys and leases; transactions that only read are let through. */
const NOT_WHEN_CORRUPT: ReadonlySet<string> = new Set([
  "put",
  "deleteRange",
  "txn",
  "compaction",
  "leaseGrant",
  "leaseRevoke",
]);

/** Applies commands of the log, in order, to keys and leases. Deterministic: nothing but the command and the state decides. */
export class StateMachine {
  readonly store: Store;
  readonly lessor: Lessor;
  readonly members: Members;
  readonly alarms: Alarms;
  readonly auth: AuthStore;
  readonly v2: V2Store;
  readonly versions: Versions;
  /** How often each was done, for the metrics. */
  readonly operations = { range: 0, put: 0, delete: 0, txn: 0 };
  /** Called with the revision that the store is about to be compacted at, if that can be. */
  beforeCompaction: (revision: Revision) => void = () => {};

  constructor(parts: Pick<StateMachine, "store" | "lessor" | "members" | "alarms" | "auth" | "v2" | "versions">) {
    const { store, lessor } = parts;
    this.store = store;
    this.lessor = lessor;
    this.members = parts.members;
    this.alarms = parts.alarms;
    this.auth = parts.auth;
    this.v2 = parts.v2;
    this.versions = parts.versions;
    for (const [key, lease] of store.takeLeasedKeys()) lessor.attach(key, lease);
  }

  /** `nowMs` is this member's monotonic clock: it only times leases, which only the leader acts upon, and tokens. */
  apply(command: Command, index: number, nowMs: number): Outcome {
    try {
      this.#refuseUnderAlarm(command.request);
      authorize(this.auth, this.lessor, command.requester, command.request);
      return this.#apply(command.request, index, nowMs);
    } catch (error) {
      return { kind: "error", error: toRpcError(error) };
    }
  }

  /** A read outside the log. Throws RpcError. */
  range(request: RangeRequest): Omit<RangeResponse, "header"> {
    this.operations.range++;
    try {
      return rangeIn(this.store, request);
    } catch (error) {
      throw toRpcError(error);
    }
  }

  #apply(request: Command["request"], index: number, nowMs: number): Outcome {
    switch (request?.$case) {
      case "put":
        return {
          kind: "put",
          response: this.store.write((txn) => this.#put(txn, request.value)),
          revision: this.store.revision,
        };
      case "deleteRange":
        return {
          kind: "delete-range",
          response: this.store.write((txn) => this.#deleteRange(txn, request.value)),
          revision: this.store.revision,
        };
      case "txn":
        return { kind: "txn", response: this.#txn(request.value), revision: this.store.revision };
      case "compaction":
        this.beforeCompaction(request.value.revision);
        this.store.compact(request.value.revision);
        return { kind: "done" };
      case "leaseGrant":
        if (!this.lessor.grant(request.value.ID, request.value.TTL, nowMs)) throw errors.leaseExists();
        return { kind: "done" };
      case "leaseRevoke":
        this.#revoke(request.value.ID);
        return { kind: "done" };
      case "leaseCheckpoint":
        for (const { id, remainingSeconds } of request.value.checkpoints)
          this.lessor.checkpoint(id, remainingSeconds, nowMs);
        return { kind: "done" };
      case "publish":
        this.members.publish(request.value);
        return { kind: "done" };
      case "v2":
        return { kind: "v2", ...this.v2.run(request.value), index: this.v2.index };
      case "auth":
        if (!request.value.request) return { kind: "done" };
        return { kind: "auth", token: this.auth.apply(request.value.request, index, nowMs) };
      case "memberUpdate":
        this.members.update(request.value.id, request.value.peerUrls);
        return { kind: "done" };
      case "memberAdd":
        return { kind: "membership", change: this.members.add(request.value) };
      case "memberPromote":
        return { kind: "membership", change: this.members.promote(request.value.id) };
      case "memberRemove":
        return { kind: "membership", change: this.members.remove(request.value.id) };
      case "clusterVersion":
        this.versions.setCluster(request.value);
        return { kind: "done" };
      case "downgrade":
        this.versions.setTarget(request.value.targetVersion);
        return { kind: "done" };
      case "alarm":
        return { kind: "alarms", alarms: this.#alarm(request.value) };
      default:
        return { kind: "done" };
    }
  }

  /** Without space nothing may grow; a member that differs from the others is not to be trusted with anything. */
  #refuseUnderAlarm(request: Command["request"]): void {
    if (this.alarms.isEmpty) return;
    const isTrusting = request !== undefined && NOT_WHEN_CORRUPT.has(request.$case);
    if (isTrusting && this.alarms.has("CORRUPT") && !(request.$case === "txn" && isReadOnly(request.value)))
      throw errors.corrupt();
    const grows =
      request?.$case === "put" ||
      request?.$case === "leaseGrant" ||
      (request?.$case === "txn" && hasPut(request.value));
    if (grows && this.alarms.has("NOSPACE")) throw errors.noSpace();
  }

  /** The alarms that the request raised, or disarmed: exactly the one it names. */
  #alarm({ action, memberID, alarm }: AlarmRequest): readonly Alarm[] {
    const kind = alarmKindOf(alarm);
    if (!kind) return [];
    const named = { member: memberID, kind };
    if (action === AlarmAction.ACTIVATE) this.alarms.raise(named);
    else if (!this.alarms.disarm(named)) return [];
    return [named];
  }

  /** Branches are chosen first, and everything that can fail is checked, so that a transaction changes all or nothing. */
  #txn(request: TxnRequest): TxnResponse {
    this.operations.txn++;
    return this.store.write((txn) => {
      const path = this.#choose(txn, request);
      this.#check(txn, request, path);
      return this.#run(txn, request, path);
    });
  }

  /** Outcomes of all comparisons, nested ones included, before any change: as etcd evaluates them. */
  #choose(txn: WriteTxn, request: TxnRequest): Map<TxnRequest, boolean> {
    const path = new Map<TxnRequest, boolean>();
    const visit = (current: TxnRequest) => {
      const succeeded = current.compare.every((compare) => holds(txn, compare));
      path.set(current, succeeded);
      for (const { request: op } of succeeded ? current.success : current.failure)
        if (op?.$case === "requestTxn") visit(op.value);
    };
    visit(request);
    return path;
  }

  #check(txn: WriteTxn, request: TxnRequest, path: ReadonlyMap<TxnRequest, boolean>): void {
    for (const { request: op } of path.get(request) ? request.success : request.failure) {
      if (op?.$case === "requestPut") this.#checkPut(txn, op.value);
      if (op?.$case === "requestRange" && op.value.revision > 0)
        txn.range({ key: "" }, { revision: op.value.revision, isCountOnly: true });
      if (op?.$case === "requestTxn") this.#check(txn, op.value, path);
    }
  }

  #run(txn: WriteTxn, request: TxnRequest, path: ReadonlyMap<TxnRequest, boolean>): TxnResponse {
    const succeeded = path.get(request) ?? false;
    const ops = succeeded ? request.success : request.failure;
    const responses = ops.map((op) => {
      const answer = this.#runOp(txn, op, path);
      // etcd's parts tell the revision as they found it, or made it; a transaction in a transaction tells none.
      const revision = answer.response?.$case === "responseTxn" ? 0 : txn.revision();
      if (answer.response) answer.response.value.header = { ...NO_HEADER, revision };
      return answer;
    });
    return { header: undefined, succeeded, responses };
  }

  #runOp(txn: WriteTxn, { request: op }: RequestOp, path: ReadonlyMap<TxnRequest, boolean>): ResponseOp {
    switch (op?.$case) {
      case "requestRange":
        return { response: { $case: "responseRange", value: rangeIn(txn, op.value) } };
      case "requestPut":
        return { response: { $case: "responsePut", value: this.#put(txn, op.value) } };
      case "requestDeleteRange":
        return { response: { $case: "responseDeleteRange", value: this.#deleteRange(txn, op.value) } };
      case "requestTxn":
        return { response: { $case: "responseTxn", value: this.#run(txn, op.value, path) } };
      default:
        return { response: undefined };
    }
  }

  #checkPut(txn: WriteTxn, request: PutRequest): void {
    if (request.lease !== NO_LEASE && !this.lessor.get(request.lease)) throw errors.leaseNotFound();
    if (!request.ignoreValue && !request.ignoreLease) return;
    if (txn.range({ key: keyTextOf(request) }, { isCountOnly: true }).count === 0) throw errors.keyNotFound();
  }

  #put(txn: WriteTxn, request: PutRequest): PutResponse {
    this.operations.put++;
    this.#checkPut(txn, request);
    const key = keyTextOf(request);
    const current = request.ignoreValue || request.ignoreLease ? txn.range({ key }).kvs[0] : undefined;
    const value = request.ignoreValue && current ? current.value : request.value;
    const lease = request.ignoreLease && current ? current.lease : request.lease;
    const { previous } = txn.put(key, value, lease, request.prevKv);
    this.lessor.attach(key, lease);
    return { header: undefined, prevKv: request.prevKv && previous ? toKeyValueMessage(previous) : undefined };
  }

  #deleteRange(txn: WriteTxn, request: DeleteRangeRequest): DeleteRangeResponse {
    this.operations.delete++;
    const { previous } = txn.deleteRange(toKeyRange(request.key, request.rangeEnd));
    for (const { key } of previous) this.lessor.attach(key, NO_LEASE);
    const prevKvs = request.prevKv ? previous.map((kv) => toKeyValueMessage(kv)) : [];
    return { header: undefined, deleted: previous.length, prevKvs };
  }

  #revoke(id: string): void {
    const keys = this.lessor.revoke(id);
    if (!keys) throw errors.leaseNotFound();
    this.store.write((txn) => {
      for (const key of keys) txn.deleteRange({ key });
    });
  }
}

function rangeIn(
  reader: Pick<WriteTxn, "range">,
  request: RangeRequest,
): Omit<RangeResponse, "header"> & { header: undefined } {
  const result = reader.range(toKeyRange(request.key, request.rangeEnd), toRangeOptions(request));
  return {
    header: undefined,
    kvs: result.kvs.map((kv) => toKeyValueMessage(kv, request.keysOnly)),
    more: result.hasMore,
    count: result.count,
  };
}

function toRpcError(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  if (error instanceof CompactedError) return errors.compacted();
  if (error instanceof FutureRevisionError) return errors.futureRevision();
  throw error;
}
