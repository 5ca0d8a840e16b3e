export {
  checkAppendList,
  type ListOperation,
  type ListRequest,
  type ListResponse,
} from "./append-list.ts";
export type { Operation, Outcome, Violation } from "./history.ts";
export { createKvModel } from "./kv-model.ts";
export { EMPTY_STATE, evaluate, type KvState } from "./kv-state.ts";
export * from "./kv-types.ts";
export { checkLeases, type LeaseEvent } from "./lease.ts";
export { type Budget, checkLinearizable, checkParts, type LinearizabilityVerdict } from "./linearizability.ts";
export { checkLocks, type LockHold } from "./lock.ts";
export type { Model } from "./model.ts";
export { partitionByKey } from "./partition.ts";
export { checkPastReads, type PastRead } from "./past-reads.ts";
export { createRegisterModel } from "./register-model.ts";
export { resolveUnknown, unattributed } from "./resolve-unknown.ts";
export { type ChangeEvent, RevisionHistory } from "./revision-history.ts";
export { checkWatch, type WatchHistory, type WatchResponse } from "./watch.ts";
