import { type KeyRange, type KeyValue, NO_LEASE, type RangeOptions } from "@drydock/mvcc";
import {
  type DeleteRangeRequest,
  type PutRequest,
  type RangeRequest,
  type RequestOp,
  RangeRequest_SortOrder as SortOrder,
  RangeRequest_SortTarget as SortTarget,
  type TxnRequest,
} from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import type { KeyValue as KeyValueMessage } from "@drydock/proto/etcd/api/mvccpb/kv";
import { StoredKeyValue } from "../backend/key-value-codec.ts";
import { errors, type RpcError } from "../rpc/errors.ts";
import { keyLengthOf } from "../rpc/wire/encoded-put.ts";
import { KeyValueView } from "../rpc/wire/key-value-view.ts";
import { hasConflict } from "./write-conflicts.ts";

export function toKeyRange(key: Buffer, end: Buffer): KeyRange {
  const start = key.toString("latin1");
  return end.length === 0 ? { key: start } : { key: start, end: end.toString("latin1") };
}

export function toRangeOptions(request: RangeRequest): RangeOptions {
  const sort = sortOf(request);
  const filter = filterOf(request);
  return {
    revision: request.revision,
    limit: request.limit,
    isCountOnly: request.countOnly,
    ...(sort ? { sort } : {}),
    ...(filter ? { filter } : {}),
  };
}

const NO_VALUE = Buffer.alloc(0);

export function toKeyValueMessage(kv: KeyValue, keysOnly = false): KeyValueMessage {
  if (!keysOnly && kv instanceof StoredKeyValue) return new KeyValueView(kv);
  return {
    key: Buffer.from(kv.key, "latin1"),
    createRevision: kv.createRevision,
    modRevision: kv.modRevision,
    version: kv.version,
    value: keysOnly ? NO_VALUE : (kv.value as Buffer),
    lease: kv.lease,
  };
}

/** What is wrong with a request, before it costs anything; undefined when nothing is. */
export function checkRange(request: RangeRequest): RpcError | undefined {
  if (request.key.length === 0) return errors.emptyKey();
  const isKnown = (value: number, table: Record<string, number>) => value >= 0 && Object.values(table).includes(value);
  if (!isKnown(request.sortOrder, SortOrder) || !isKnown(request.sortTarget, SortTarget))
    return errors.invalidSortOption();
  return undefined;
}

export function checkPut(request: PutRequest): RpcError | undefined {
  if (keyLengthOf(request) === 0) return errors.emptyKey();
  if (request.ignoreValue && request.value.length > 0) return errors.valueProvided();
  if (request.ignoreLease && request.lease !== NO_LEASE) return errors.leaseProvided();
  return undefined;
}

export function checkDeleteRange(request: DeleteRangeRequest): RpcError | undefined {
  return request.key.length === 0 ? errors.emptyKey() : undefined;
}

/** `maxOps`: of each list of a transaction. */
export function checkTxn(request: TxnRequest, maxOps: number): RpcError | undefined {
  const error = checkTxnShape(request, maxOps);
  if (error) return error;
  return hasConflict(request.success) || hasConflict(request.failure) ? errors.duplicateKey() : undefined;
}

function checkTxnShape(request: TxnRequest, maxOps: number): RpcError | undefined {
  const most = Math.max(request.compare.length, request.success.length, request.failure.length);
  if (most > maxOps) return errors.tooManyOps();
  if (request.compare.some((compare) => compare.key.length === 0)) return errors.emptyKey();
  for (const { request: op } of [...request.success, ...request.failure]) {
    const error = checkOp(op, maxOps);
    if (error) return error;
  }
  return undefined;
}

function checkOp(op: RequestOp["request"], maxOps: number): RpcError | undefined {
  switch (op?.$case) {
    case "requestRange":
      return checkRange(op.value);
    case "requestPut":
      return checkPut(op.value);
    case "requestDeleteRange":
      return checkDeleteRange(op.value);
    case "requestTxn":
      return checkTxnShape(op.value, maxOps);
    default:
      return errors.keyNotFound();
  }
}

/** Whether any branch of it writes a key. */
export function hasPut(request: TxnRequest): boolean {
  return [...request.success, ...request.failure].some(
    ({ request: op }) => op?.$case === "requestPut" || (op?.$case === "requestTxn" && hasPut(op.value)),
  );
}

/** Whether neither branch can change anything: they have ranges alone. */
export function isReadOnly({ success, failure }: TxnRequest): boolean {
  return [...success, ...failure].every(({ request: op }) => op?.$case === "requestRange");
}

function sortOf(request: RangeRequest): ((a: KeyValue, b: KeyValue) => number) | undefined {
  const { sortOrder, sortTarget } = request;
  // etcd: a target without an order sorts ascending; by key ascending is how keys come anyway.
  const order = sortTarget !== SortTarget.KEY && sortOrder === SortOrder.NONE ? SortOrder.ASCEND : sortOrder;
  if (order === SortOrder.NONE || (sortTarget === SortTarget.KEY && order === SortOrder.ASCEND)) return undefined;
  const compare = COMPARATORS[sortTarget] ?? COMPARATORS[SortTarget.KEY]!;
  return order === SortOrder.DESCEND ? (a, b) => compare(b, a) : compare;
}

const COMPARATORS: Record<number, (a: KeyValue, b: KeyValue) => number> = {
  [SortTarget.KEY]: (a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0),
  [SortTarget.VERSION]: (a, b) => a.version - b.version,
  [SortTarget.CREATE]: (a, b) => a.createRevision - b.createRevision,
  [SortTarget.MOD]: (a, b) => a.modRevision - b.modRevision,
  [SortTarget.VALUE]: (a, b) => Buffer.compare(a.value, b.value),
};

function filterOf(request: RangeRequest): ((kv: KeyValue) => boolean) | undefined {
  const { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = request;
  if (!minModRevision && !maxModRevision && !minCreateRevision && !maxCreateRevision) return undefined;
  return (kv) =>
    (!minModRevision || kv.modRevision >= minModRevision) &&
    (!maxModRevision || kv.modRevision <= maxModRevision) &&
    (!minCreateRevision || kv.createRevision >= minCreateRevision) &&
    (!maxCreateRevision || kv.createRevision <= maxCreateRevision);
}
