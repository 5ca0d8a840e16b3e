import type { GrpcStream } from "@drydock/http2";
import {
  WatchCreateRequest_FilterType,
  type WatchRequest,
  type WatchResponse,
  WatchService,
} from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { type Event, Event_EventType } from "@drydock/proto/etcd/api/mvccpb/kv";
import { status } from "@grpc/grpc-js";
import { REQUIRE_LEADER } from "./caller.ts";
import type { Endpoint } from "./endpoint.ts";
import type { EndpointPool } from "./endpoint-pool.ts";
import { CompactedError, classifyFailure, EtcdError } from "./errors.ts";
import { type KeyRange, rangeEndOf, rangeStartOf } from "./requests.ts";

export interface WatchOptions extends KeyRange {
  /** First revision wanted; 0: from now on. */
  readonly startRevision?: number;
  /** Deliver the value before each change as well (absent once compacted). */
  readonly prevKv?: boolean;
  /** Deliver progress batches when nothing happens. */
  readonly progressNotify?: boolean;
  readonly noPut?: boolean;
  readonly noDelete?: boolean;
  /** Ends the watch; iteration finishes without an error. */
  readonly signal?: AbortSignal;
}

/** Changes in revision order; a revision is never split over two batches. */
export interface WatchBatch {
  /** Everything up to this revision has been delivered. */
  readonly revision: number;
  readonly events: readonly Event[];
  /** No events: the store says that nothing happened up to `revision`. */
  readonly isProgress: boolean;
}

/** Beyond this many waiting batches the connection is asked to hold back. */
const MAX_QUEUED = 256;
const RESUME_PAUSE_MS = 50;

type Stream = GrpcStream<WatchRequest>;

/**
 * One watch that outlives connections and members: it resumes behind the last revision it delivered, without gaps or repeats. Iterate it
 * once; it throws `CompactedError` when the history it needs is gone, and `EtcdError` when the store refuses it for good.
 */
export class EtcdWatch implements AsyncIterable<WatchBatch> {
  readonly #pool: EndpointPool;
  readonly #options: WatchOptions;
  readonly #queue: WatchBatch[] = [];
  readonly #created = Promise.withResolvers<number>();
  readonly #ended = Promise.withResolvers<void>();
  #nextRevision: number;
  #wake: (() => void) | undefined;
  #stream: Stream | undefined;
  #failure: unknown;
  #isDone = false;

  constructor(pool: EndpointPool, options: WatchOptions) {
    this.#pool = pool;
    this.#options = options;
    this.#nextRevision = options.startRevision ?? 0;
    this.#created.promise.catch(() => {});
    if (options.signal?.aborted) this.cancel();
    options.signal?.addEventListener("abort", () => this.cancel(), { once: true });
    this.#run().catch((error: unknown) => this.#end(error));
  }

  /** The store's revision when it first accepted the watch. */
  get created(): Promise<number> {
    return this.#created.promise;
  }

  /** Resolves when the watch is over, for whatever reason. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Asks for a progress batch now; it comes once everything before it has been delivered. */
  requestProgress(): void {
    this.#stream?.write({ requestUnion: { $case: "progressRequest", value: {} } });
  }

  cancel(): void {
    this.#end(undefined);
  }

  async *[Symbol.asyncIterator](): AsyncIterator<WatchBatch> {
    try {
      for (;;) {
        const batch = this.#queue.shift();
        if (batch) {
          if (this.#queue.length === MAX_QUEUED >> 1) this.#stream?.resume();
          yield batch;
        } else if (this.#isDone) {
          if (this.#failure !== undefined) throw this.#failure;
          return;
        } else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
      }
    } finally {
      this.cancel();
    }
  }

  /** One connection after the other until the watch ends. */
  async #run(): Promise<void> {
    while (!this.#isDone) {
      let endpoint: Endpoint;
      try {
        endpoint = await this.#pool.acquire(Date.now() + 5000);
      } catch (error) {
        if ((error as EtcdError).code === status.CANCELLED) throw error;
        continue;
      }
      if (this.#isDone) return;
      const cause = await this.#follow(endpoint);
      if (this.#isDone) return;
      this.#pool.failed(endpoint);
      if (cause !== undefined) {
        const failure = classifyFailure(cause);
        if (failure.kind === "answered" && failure.error.code !== status.RESOURCE_EXHAUSTED) throw failure.error;
      }
      await new Promise((resolve) => setTimeout(resolve, RESUME_PAUSE_MS));
    }
  }

  /** Resolves when the stream has ended, with its error if there was one. */
  #follow(endpoint: Endpoint): Promise<unknown> {
    return new Promise<unknown>((resolve) => {
      const stream: Stream = endpoint.client.stream(
        WatchService.watch,
        { metadata: REQUIRE_LEADER },
        { onMessage: (response) => this.#receive(response, stream), onEnd: resolve },
      );
      this.#stream = stream;
      stream.write(this.#createRequest());
    }).catch((error: unknown) => error);
  }

  #createRequest(): WatchRequest {
    const options = this.#options;
    const filters = [
      ...(options.noPut ? [WatchCreateRequest_FilterType.NOPUT] : []),
      ...(options.noDelete ? [WatchCreateRequest_FilterType.NODELETE] : []),
    ];
    const value = {
      key: rangeStartOf(options),
      rangeEnd: rangeEndOf(options),
      startRevision: this.#nextRevision,
      progressNotify: options.progressNotify ?? false,
      prevKv: options.prevKv ?? false,
      filters,
      watchId: 0,
      fragment: false,
    };
    return { requestUnion: { $case: "createRequest", value } };
  }

  #receive(response: WatchResponse, stream: Stream): void {
    if (this.#isDone || stream !== this.#stream) return;
    const revision = response.header?.revision ?? 0;
    if (response.canceled) {
      this.#refused(response, stream);
    } else if (response.created) {
      if (this.#nextRevision === 0) this.#nextRevision = revision + 1;
      this.#created.resolve(revision);
    } else if (response.events.length > 0) {
      this.#deliver({ revision: lastRevision(response.events), events: response.events, isProgress: false }, stream);
    } else {
      this.#deliver({ revision, events: [], isProgress: true }, stream);
    }
  }

  #refused(response: WatchResponse, stream: Stream): void {
    stream.cancel();
    if (response.compactRevision > 0) this.#end(new CompactedError(response.compactRevision));
    else if (!response.cancelReason.includes("no leader")) {
      this.#end(
        new EtcdError(status.FAILED_PRECONDITION, response.cancelReason || "etcd client: the watch was cancelled"),
      );
    }
  }

  #deliver(batch: WatchBatch, stream: Stream): void {
    this.#nextRevision = Math.max(this.#nextRevision, batch.revision + 1);
    this.#queue.push(batch);
    if (this.#queue.length >= MAX_QUEUED) stream.pause();
    this.#wake?.();
  }

  #end(failure: unknown): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#failure = failure;
    this.#created.reject(failure ?? new EtcdError(status.CANCELLED, "etcd client: the watch was cancelled"));
    this.#stream?.cancel();
    this.#ended.resolve();
    this.#wake?.();
  }
}

function lastRevision(events: readonly Event[]): number {
  return events.at(-1)?.kv?.modRevision ?? 0;
}

export function isDelete(event: Event): boolean {
  return event.type === Event_EventType.DELETE;
}
