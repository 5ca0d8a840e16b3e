export type * from "./api-client.ts";
export {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
  defineIndex,
  defineWatch,
  type ReconcileResult,
  type Reconciler,
  runController,
  type Watch,
} from "./controller.ts";
export {
  createEventRecorder,
  type EventRecorder,
  type EventRecorderOptions,
  type EventType,
} from "./event-recorder.ts";
export { type ApiClientOptions, createApiClient } from "./grpc-api-client.ts";
export { Informer, type InformerContext, type InformerHandler, type InformerScope } from "./informer.ts";
export { InformerFactory } from "./informer-factory.ts";
export { type LeaderElectionOptions, runLeaderElection } from "./leader-election.ts";
export { type Index, type Lister, objectKey, Store, splitKey } from "./store.ts";
export { WorkQueue } from "./work-queue.ts";
