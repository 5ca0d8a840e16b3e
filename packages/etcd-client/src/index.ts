export type {
  CompactionResponse,
  DeleteRangeResponse,
  LeaseGrantResponse,
  LeaseTimeToLiveResponse,
  MemberListResponse,
  PutResponse,
  RangeResponse,
  ResponseOp,
  StatusResponse,
  TxnResponse,
} from "@drydock/proto/etcd/api/etcdserverpb/rpc";
export type { Event, KeyValue } from "@drydock/proto/etcd/api/mvccpb/kv";
export type { CallOptions } from "./caller.ts";
export { createEtcdClient, type EtcdClient, type EtcdClientOptions } from "./client.ts";
export type { EtcdTls } from "./endpoint.ts";
export { CompactedError, EtcdError, OutcomeUnknownError } from "./errors.ts";
export {
  type Bytes,
  type CompareOperator,
  type CompareOptions,
  type DeleteRangeOptions,
  type KeyRange,
  type Operation,
  type PutOptions,
  prefixEnd,
  type RangeOptions,
  type TxnOptions,
} from "./requests.ts";
export { EtcdWatch, isDelete, type WatchBatch, type WatchOptions } from "./watch.ts";
