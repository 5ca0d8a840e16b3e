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
} from "../storage.ts";
import { IDENTITY } from "./encryption-config.ts";
import type { Provider } from "./providers.ts";

const ENCRYPTED = Buffer.from("k8s:enc:");

export type Providers = readonly (Provider | typeof IDENTITY)[];

/**
 * A store whose values are encrypted, each as the providers of its key say: the first one writes, all of them read. A value that the first one did
 * not write is marked as stale, so that a write that changes nothing else brings it up to date.
 */
export class EncryptedStorage implements Storage {
  readonly #inner: Storage;
  readonly #providersOf: (key: string) => Providers | undefined;

  /** `providersOf`: undefined for keys whose values are kept as they are. */
  constructor(inner: Storage, providersOf: (key: string) => Providers | undefined) {
    this.#inner = inner;
    this.#providersOf = providersOf;
  }

  async get(key: string, signal?: AbortSignal): Promise<GetResult> {
    const { kv, revision } = await this.#inner.get(key, signal);
    return { kv: kv && this.#open(kv), revision };
  }

  async list(prefix: string, options?: ListOptions): Promise<ListResult> {
    const result = await this.#inner.list(prefix, options);
    return { ...result, items: result.items.map((kv) => this.#openIfPossible(kv)) };
  }

  async create(key: string, value: Uint8Array, signal?: AbortSignal): Promise<WriteResult> {
    return this.#opened(await this.#inner.create(key, this.#seal(key, value), signal));
  }

  async update(key: string, value: Uint8Array, expected: Revision, signal?: AbortSignal): Promise<WriteResult> {
    return this.#opened(await this.#inner.update(key, this.#seal(key, value), expected, signal));
  }

  async delete(key: string, expected: Revision, signal?: AbortSignal): Promise<WriteResult> {
    return this.#opened(await this.#inner.delete(key, expected, signal));
  }

  currentRevision(signal?: AbortSignal): Promise<Revision> {
    return this.#inner.currentRevision(signal);
  }

  watch(watch: StorageWatch): StorageWatchHandle {
    const opened = (event: StorageEvent): StorageEvent => (event.type === "put" ? this.#openIfPossible(event) : event);
    return this.#inner.watch({
      prefix: watch.prefix,
      fromRevision: watch.fromRevision,
      onEvents: (events) => watch.onEvents(events.map(opened)),
      onProgress: (revision) => watch.onProgress(revision),
      onEnd: (error) => watch.onEnd(error),
    });
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  #opened(result: WriteResult): WriteResult {
    return result.ok || !result.current ? result : { ok: false, current: this.#open(result.current) };
  }

  #seal(key: string, value: Uint8Array): Uint8Array {
    const provider = this.#providersOf(key)?.[0] ?? IDENTITY;
    if (provider === IDENTITY) return value;
    return Buffer.concat([Buffer.from(provider.prefix), provider.seal(value, key)]);
  }

  /** Throws StorageError when no provider can read it. */
  #open(kv: KeyValue): KeyValue {
    const providers = this.#providersOf(kv.key);
    if (!providers) return kv;
    const bytes = Buffer.from(kv.value.buffer, kv.value.byteOffset, kv.value.length);
    for (const [index, provider] of providers.entries()) {
      const isStale = index > 0;
      if (provider === IDENTITY) {
        if (!startsWith(bytes, ENCRYPTED)) return isStale ? { ...kv, isStale } : kv;
        continue;
      }
      const prefix = Buffer.from(provider.prefix);
      if (!startsWith(bytes, prefix)) continue;
      try {
        return { ...kv, value: provider.open(bytes.subarray(prefix.length), kv.key), ...(isStale ? { isStale } : {}) };
      } catch (cause) {
        throw new StorageError("internal", `cannot decrypt ${kv.key}: ${(cause as Error).message}`, { cause });
      }
    }
    throw new StorageError("internal", `cannot decrypt ${kv.key}: no matching prefix found`);
  }

  /** What cannot be read is handed on as it is: whoever reads it finds no object in it, and the rest of the list is served. */
  #openIfPossible<T extends KeyValue>(kv: T): T {
    try {
      const opened = this.#open(kv);
      return opened === kv ? kv : { ...kv, ...opened };
    } catch {
      return kv;
    }
  }
}

function startsWith(bytes: Buffer, prefix: Buffer): boolean {
  return bytes.length >= prefix.length && bytes.subarray(0, prefix.length).equals(prefix);
}
