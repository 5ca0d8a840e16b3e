export type { Backend, LeaseRecord } from "./backend.ts";
export { hashStore } from "./hash.ts";
export { type LeaseCheckpoint, LeaseCheckpoints } from "./lease-checkpoints.ts";
export { type Lease, Lessor } from "./lessor.ts";
export { MemoryBackend } from "./memory-backend.ts";
export { type RangeOptions, type RangeResult, Store, type WriteTxn } from "./store.ts";
export * from "./types.ts";
export { type WatchedEvent, type Watcher, type WatcherOptions, Watchers } from "./watchers.ts";
