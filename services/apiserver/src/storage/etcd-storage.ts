import {
  CompactedError,
  type EtcdClient,
  EtcdError,
  type EtcdWatch,
  isDelete,
  OutcomeUnknownError,
  prefixEnd,
} from "@drydock/etcd-client";
import {
  type GetResult,
  type KeyValue,
  type ListOptions,
  type ListResult,
  type Revision,
  type Storage,
  StorageError,
  type StorageEvent,
  type StorageWatch,
  type StorageWatchHandle,
  type WriteResult,
} from "./storage.ts";

interface StoredPair {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly modRevision: number;
}

/** The storage port over etcd: every write is one transaction guarded by the key's mod revision. */
export class EtcdStorage implements Storage {
  readonly #client: EtcdClient;

  constructor(client: EtcdClient) {
    this.#client = client;
  }

  async get(key: string): Promise<GetResult> {
    const response = await translate(this.#client.range({ key }));
    const kv = response.kvs[0];
    return { kv: kv && toKeyValue(kv), revision: response.header?.revision ?? 0 };
  }

  async list(prefix: string, options: ListOptions = {}): Promise<ListResult> {
    const response = await translate(
      this.#client.range({
        key: options.startKey ?? prefix,
        rangeEnd: prefixEnd(Buffer.from(prefix)),
        ...(options.limit === undefined ? {} : { limit: options.limit }),
        ...(options.revision === undefined ? {} : { revision: options.revision }),
      }),
    );
    return {
      items: response.kvs.map(toKeyValue),
      revision: options.revision ?? response.header?.revision ?? 0,
      hasMore: response.more,
      remaining: response.count - response.kvs.length,
    };
  }

  create(key: string, value: Uint8Array): Promise<WriteResult> {
    return this.#guarded(key, 0, { kind: "put", key, value });
  }

  update(key: string, value: Uint8Array, expected: Revision): Promise<WriteResult> {
    return this.#guarded(key, expected, { kind: "put", key, value });
  }

  delete(key: string, expected: Revision): Promise<WriteResult> {
    return this.#guarded(key, expected, { kind: "delete-range", key });
  }

  async currentRevision(): Promise<Revision> {
    const response = await translate(this.#client.range({ key: "/registry/", countOnly: true }));
    return response.header?.revision ?? 0;
  }

  watch(watch: StorageWatch): StorageWatchHandle {
    const aborter = new AbortController();
    const stream = this.#client.watch({
      key: watch.prefix,
      prefix: true,
      startRevision: watch.fromRevision,
      progressNotify: true,
      signal: aborter.signal,
    });
    void pump(stream, watch, aborter.signal);
    return {
      cancel: () => aborter.abort(),
      requestProgress: () => stream.requestProgress(),
    };
  }

  async close(): Promise<void> {
    this.#client.close();
  }

  /** One write under one condition; the loser learns what stands there instead. */
  async #guarded(
    key: string,
    expected: Revision,
    write: { kind: "put"; key: string; value: Uint8Array } | { kind: "delete-range"; key: string },
  ): Promise<WriteResult> {
    const response = await translate(
      this.#client.txn({
        compare: [{ key, target: "mod", operator: "=", operand: expected }],
        success: [write],
        failure: [{ kind: "range", key }],
      }),
    );
    if (response.succeeded) return { ok: true, revision: response.header?.revision ?? 0 };
    const read = response.responses[0]?.response;
    const kv = read?.$case === "responseRange" ? read.value.kvs[0] : undefined;
    return { ok: false, current: kv && toKeyValue(kv) };
  }
}

async function pump(stream: EtcdWatch, watch: StorageWatch, signal: AbortSignal): Promise<void> {
  try {
    for await (const batch of stream) {
      if (batch.events.length > 0) watch.onEvents(batch.events.map(toEvent));
      watch.onProgress(batch.revision);
    }
  } catch (error) {
    if (!signal.aborted) watch.onEnd(toStorageError(error));
  }
}

function toEvent(event: Parameters<typeof isDelete>[0]): StorageEvent {
  const kv = event.kv as StoredPair;
  const key = kv.key.toString("utf8");
  if (isDelete(event)) return { type: "delete", key, modRevision: kv.modRevision };
  return { type: "put", key, value: kv.value, modRevision: kv.modRevision };
}

function toKeyValue({ key, value, modRevision }: StoredPair): KeyValue {
  return { key: key.toString("utf8"), value, modRevision };
}

async function translate<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw toStorageError(error);
  }
}

function toStorageError(error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  const options = { cause: error };
  if (error instanceof CompactedError) return new StorageError("compacted", error.message, options);
  if (error instanceof OutcomeUnknownError) return new StorageError("timeout", error.message, options);
  if (!(error instanceof EtcdError))
    return new StorageError("internal", error instanceof Error ? error.message : String(error), options);
  if (error.message.includes("future revision")) return new StorageError("future-revision", error.message, options);
  if (error.message.includes("request is too large")) return new StorageError("too-large", error.message, options);
  if (error.message.includes("timed out")) return new StorageError("timeout", error.message, options);
  if (error.message.includes("space exceeded")) return new StorageError("no-space", error.message, options);
  if (error.codeName === "UNAVAILABLE") return new StorageError("unavailable", error.message, options);
  return new StorageError("internal", error.message, options);
}
