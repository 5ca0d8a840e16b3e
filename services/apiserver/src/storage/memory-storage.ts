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

/**
 * A store that lives in this process: for tests, and for an apiserver that is meant to forget. Keeps its whole history
 * until `compact` is called. `failWith` makes every call fail, as an unreachable store would.
 */
export class MemoryStorage implements Storage {
  #revision: Revision = 1;
  #compacted: Revision = 0;
  readonly #current = new Map<string, KeyValue>();
  /** The state at the compacted revision, which the history continues. */
  #base = new Map<string, KeyValue>();
  #history: StorageEvent[] = [];
  readonly #watches = new Set<StorageWatch>();
  #failure: StorageError | undefined;

  /** Every call fails with this error until it is called with undefined. */
  failWith(error: StorageError | undefined): void {
    this.#failure = error;
  }

  /** Forgets history up to and including `revision`; watches and reads from before it fail. */
  compact(revision: Revision): void {
    this.#base = new Map(this.#stateAt(revision));
    this.#compacted = revision;
    this.#history = this.#history.filter((event) => event.modRevision > revision);
  }

  async get(key: string): Promise<GetResult> {
    this.#assertServing();
    return { kv: this.#current.get(key), revision: this.#revision };
  }

  async list(prefix: string, options: ListOptions = {}): Promise<ListResult> {
    this.#assertServing();
    const revision = options.revision ?? this.#revision;
    if (revision > this.#revision) {
      throw new StorageError("future-revision", "etcdserver: mvcc: required revision is a future revision");
    }
    if (revision < this.#compacted) {
      throw new StorageError("compacted", "etcdserver: mvcc: required revision has been compacted");
    }
    const startKey = options.startKey ?? prefix;
    const matching = [...this.#stateAt(revision).values()]
      .filter(({ key }) => key.startsWith(prefix) && key >= startKey)
      .sort((a, b) => (a.key < b.key ? -1 : 1));
    const items = options.limit ? matching.slice(0, options.limit) : matching;
    const remaining = matching.length - items.length;
    return { items, revision, hasMore: remaining > 0, remaining };
  }

  async create(key: string, value: Uint8Array): Promise<WriteResult> {
    this.#assertServing();
    const current = this.#current.get(key);
    if (current) return { ok: false, current };
    return { ok: true, revision: this.#put(key, value) };
  }

  async update(key: string, value: Uint8Array, expected: Revision): Promise<WriteResult> {
    this.#assertServing();
    const current = this.#current.get(key);
    if (current?.modRevision !== expected) return { ok: false, current };
    return { ok: true, revision: this.#put(key, value) };
  }

  async delete(key: string, expected: Revision): Promise<WriteResult> {
    this.#assertServing();
    const current = this.#current.get(key);
    if (current?.modRevision !== expected) return { ok: false, current };
    this.#current.delete(key);
    this.#revision++;
    this.#publish({ type: "delete", key, modRevision: this.#revision });
    return { ok: true, revision: this.#revision };
  }

  async currentRevision(): Promise<Revision> {
    this.#assertServing();
    return this.#revision;
  }

  watch(watch: StorageWatch): StorageWatchHandle {
    let isCancelled = false;
    queueMicrotask(() => {
      if (isCancelled) return;
      if (watch.fromRevision <= this.#compacted) {
        watch.onEnd(new StorageError("compacted", "etcdserver: mvcc: required revision has been compacted"));
        return;
      }
      for (const event of this.#history) {
        if (event.modRevision >= watch.fromRevision && event.key.startsWith(watch.prefix)) watch.onEvents([event]);
      }
      this.#watches.add(watch);
    });
    return {
      cancel: () => {
        isCancelled = true;
        this.#watches.delete(watch);
      },
      requestProgress: () => queueMicrotask(() => watch.onProgress(this.#revision)),
    };
  }

  async close(): Promise<void> {
    this.#watches.clear();
  }

  #put(key: string, value: Uint8Array): Revision {
    this.#revision++;
    this.#current.set(key, { key, value, modRevision: this.#revision });
    this.#publish({ type: "put", key, value, modRevision: this.#revision });
    return this.#revision;
  }

  #publish(event: StorageEvent): void {
    this.#history.push(event);
    for (const watch of this.#watches) {
      if (event.key.startsWith(watch.prefix)) queueMicrotask(() => this.#watches.has(watch) && watch.onEvents([event]));
    }
  }

  #stateAt(revision: Revision): Map<string, KeyValue> {
    if (revision === this.#revision) return this.#current;
    const state = new Map(this.#base);
    for (const event of this.#history) {
      if (event.modRevision > revision) continue;
      if (event.type === "put") state.set(event.key, event);
      else state.delete(event.key);
    }
    return state;
  }

  #assertServing(): void {
    if (this.#failure) throw this.#failure;
  }
}
