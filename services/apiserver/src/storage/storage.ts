/** A revision of the store. Revisions stay far below 2^53 (a million writes a second for 285 years), so numbers hold them. */
export type Revision = number;

export interface KeyValue {
  readonly key: string;
  readonly value: Uint8Array;
  readonly modRevision: Revision;
  /** It would be written otherwise today (with another key): a write that changes nothing is one all the same. */
  readonly isStale?: boolean;
}

export interface GetResult {
  readonly kv: KeyValue | undefined;
  /** Revision of the store when it answered; at least the revision of every write acknowledged before the call. */
  readonly revision: Revision;
}

export interface ListOptions {
  /** At most this many items; all when absent. */
  readonly limit?: number;
  /** First key to return (inclusive); the prefix itself when absent. */
  readonly startKey?: string;
  /** Read the state as of this revision; the newest when absent. */
  readonly revision?: Revision;
  readonly signal?: AbortSignal;
}

export interface ListResult {
  /** In key order. */
  readonly items: readonly KeyValue[];
  /** Revision the items were read at: `options.revision` when that was given. */
  readonly revision: Revision;
  readonly hasMore: boolean;
  /** How many keys of the range follow the last item. */
  readonly remaining: number;
}

/** A guarded write that found something else than it expected says what it found; nothing was written. */
export type WriteResult =
  | { readonly ok: true; readonly revision: Revision }
  | { readonly ok: false; readonly current: KeyValue | undefined };

export type StorageEvent =
  | ({ readonly type: "put" } & KeyValue)
  | { readonly type: "delete"; readonly key: string; readonly modRevision: Revision };

export interface StorageWatch {
  readonly prefix: string;
  /** The first revision wanted. */
  readonly fromRevision: Revision;
  /** Events in revision order, none twice, none left out; all events of one revision come in one call. */
  onEvents(events: readonly StorageEvent[]): void;
  /** Everything up to this revision has been delivered. */
  onProgress(revision: Revision): void;
  /** The watch is over: the revision is compacted, or the watch was refused. Connection loss is not an end; the watch resumes. */
  onEnd(error: StorageError): void;
}

export interface StorageWatchHandle {
  cancel(): void;
  /** Asks for an `onProgress` soon; best effort. */
  requestProgress(): void;
}

/**
 * What the apiserver needs of its store, and no more. Reads without a revision are linearizable. Every call ends within the
 * implementation's deadline: a store that cannot answer rejects with a StorageError, it never hangs.
 */
export interface Storage {
  get(key: string, signal?: AbortSignal): Promise<GetResult>;
  list(prefix: string, options?: ListOptions): Promise<ListResult>;
  /** Writes only if the key does not exist. */
  create(key: string, value: Uint8Array, signal?: AbortSignal): Promise<WriteResult>;
  /** Writes only if the key's mod revision is `expected`. */
  update(key: string, value: Uint8Array, expected: Revision, signal?: AbortSignal): Promise<WriteResult>;
  /** Deletes only if the key's mod revision is `expected`. */
  delete(key: string, expected: Revision, signal?: AbortSignal): Promise<WriteResult>;
  currentRevision(signal?: AbortSignal): Promise<Revision>;
  watch(watch: StorageWatch): StorageWatchHandle;
  close(): Promise<void>;
}

export type StorageErrorReason =
  /** The revision asked for is compacted away. */
  | "compacted"
  /** The revision asked for does not exist yet. */
  | "future-revision"
  /** No answer in time; the write may or may not have happened. */
  | "timeout"
  /** No leader, no connection: the store cannot serve. */
  | "unavailable"
  /** The value exceeds what the store takes. */
  | "too-large"
  /** The store is out of space. */
  | "no-space"
  | "internal";

/** The one error of the storage port. `message` is the store's own text. */
export class StorageError extends Error {
  override readonly name = "StorageError";
  readonly reason: StorageErrorReason;

  constructor(reason: StorageErrorReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
