import type { ChangeEvent, KvRecord, KvRequest, KvResult } from "@drydock/checker";
import {
  CompactedError,
  FutureRevisionError,
  type KeyValue,
  type LeaseCheckpoint,
  Lessor,
  Store,
  type StoreEvent,
  Watchers,
  type WriteTxn,
} from "@drydock/mvcc";
import { bytesOf, textOf } from "./log-file.ts";
import { SimBackend, type StateImage } from "./sim-backend.ts";

/** What the log's entries ask of the state. */
export type Request =
  | { readonly kind: "kv"; readonly request: KvRequest }
  | { readonly kind: "lease-grant"; readonly lease: string; readonly ttlSeconds: number }
  | { readonly kind: "lease-revoke"; readonly lease: string }
  | { readonly kind: "lease-checkpoint"; readonly checkpoints: readonly LeaseCheckpoint[] }
  | { readonly kind: "compact"; readonly revision: number };

/** `refused` changed nothing. */
export type Answer =
  | { readonly kind: "kv"; readonly revision: number; readonly result: KvResult }
  | { readonly kind: "done" }
  | { readonly kind: "refused"; readonly reason: string };

const NO_LEASE = "0";
/** With each entry that is applied: so few that crashes and snapshots come between. */
const COMPACTION_STEPS = 2;

/** The real store, lessor and watchers over one virtual backend; replaced as a whole when a snapshot is installed. */
export class State {
  readonly backend: SimBackend;
  readonly store: Store;
  readonly lessor: Lessor;
  readonly watchers: Watchers;

  constructor(image: StateImage) {
    this.backend = new SimBackend(image);
    this.store = new Store(this.backend);
    this.lessor = new Lessor(this.backend);
    this.watchers = new Watchers(this.store);
    for (const kv of this.store.range({ key: "", end: "\0" }).kvs)
      if (kv.lease !== NO_LEASE) this.lessor.attach(kv.key, kv.lease);
  }

  apply(request: Request, localMs: number): Answer {
    this.store.goOnCompacting(COMPACTION_STEPS);
    switch (request.kind) {
      case "kv":
        return this.#write(request.request);
      case "lease-grant":
        return this.lessor.grant(request.lease, request.ttlSeconds, localMs)
          ? { kind: "done" }
          : refused("lease exists");
      case "lease-revoke":
        return this.#revoke(request.lease);
      case "lease-checkpoint":
        for (const { id, remainingSeconds } of request.checkpoints)
          this.lessor.checkpoint(id, remainingSeconds, localMs);
        return { kind: "done" };
      case "compact":
        return this.#compact(request.revision);
    }
  }

  read(request: KvRequest): Answer {
    const result = run(this.store as Pick<WriteTxn, "range"> as WriteTxn, this.lessor, request);
    return { kind: "kv", revision: this.store.revision, result };
  }

  /** The changes of the present revision. */
  lastEvents(): ChangeEvent[] {
    const { revision } = this.store;
    return (this.store.eventsSince(revision, revision).get(revision) ?? []).map(toChangeEvent);
  }

  #write(request: KvRequest): Answer {
    if (leasesOf(request).some((lease) => !this.lessor.get(lease))) return refused("lease not found");
    const result = this.store.write((txn) => run(txn, this.lessor, request));
    return { kind: "kv", revision: this.store.revision, result };
  }

  #revoke(lease: string): Answer {
    const keys = this.lessor.revoke(lease);
    if (!keys) return refused("lease not found");
    this.store.write((txn) => {
      for (const key of keys) txn.deleteRange({ key });
    });
    return { kind: "done" };
  }

  #compact(revision: number): Answer {
    try {
      this.store.compact(revision);
      return { kind: "done" };
    } catch (error) {
      if (error instanceof CompactedError || error instanceof FutureRevisionError) return refused(error.message);
      throw error;
    }
  }
}

function refused(reason: string): Answer {
  return { kind: "refused", reason };
}

function leasesOf(request: KvRequest): string[] {
  if (request.kind === "put") return request.lease === undefined ? [] : [request.lease];
  return request.kind === "txn" ? [...request.success, ...request.failure].flatMap(leasesOf) : [];
}

function run(txn: WriteTxn, lessor: Lessor, request: KvRequest): KvResult {
  switch (request.kind) {
    case "range": {
      const { kvs, count } = txn.range(request, request.limit === undefined ? {} : { limit: request.limit });
      return { kind: "range", kvs: kvs.map(toRecord), count };
    }
    case "put":
      txn.put(request.key, bytesOf(request.value), request.lease ?? NO_LEASE);
      lessor.attach(request.key, request.lease ?? NO_LEASE);
      return { kind: "put" };
    case "delete": {
      const { previous } = txn.deleteRange(request);
      for (const { key } of previous) lessor.attach(key, NO_LEASE);
      return { kind: "delete", deleted: previous.length };
    }
    case "txn": {
      const isSuccess = request.compare.every(({ key, target, operand }) => {
        const [kv] = txn.range({ key }).kvs;
        if (target === "value") return kv !== undefined && textOf(kv.value) === operand;
        return (kv?.modRevision ?? 0) === operand;
      });
      const branch = isSuccess ? request.success : request.failure;
      return { kind: "txn", isSuccess, results: branch.map((each) => run(txn, lessor, each)) };
    }
  }
}

function toRecord({ key, value, createRevision, modRevision, version }: KeyValue): KvRecord {
  return { key, value: textOf(value), createRevision, modRevision, version };
}

export function toChangeEvent({ type, kv }: StoreEvent): ChangeEvent {
  return { type, record: toRecord(kv) };
}
