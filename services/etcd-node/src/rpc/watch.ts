import { FROM_KEY_END, type KeyRange, type WatchedEvent, type Watcher } from "@drydock/mvcc";
import {
  WatchCreateRequest_FilterType as FilterType,
  type WatchCreateRequest,
  type WatchRequest,
  type WatchResponse,
  type WatchServer,
} from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import type { Event } from "@drydock/proto/etcd/api/mvccpb/kv";
import { type ServerDuplexStream, status } from "@grpc/grpc-js";
import { toKeyRange } from "../apply/requests.ts";
import { failpoint } from "../driver/failpoints.ts";
import { header, type RpcContext } from "./context.ts";
import { errors, RpcError, toServiceError } from "./errors.ts";
import { eventViews } from "./wire/watch-codec.ts";

type Call = ServerDuplexStream<WatchRequest, WatchResponse>;

/** A stream with more than this waiting to be written takes no more; its watchers catch up when it has drained. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;
/** Of a fragmented answer (etcd: the request limit and some room). */
const FRAGMENT_BYTES = 1.5 * 1024 * 1024;

/** As Go's gRPC names them in the text of an error. */
const CODE_NAMES: Readonly<Record<number, string>> = {
  [status.INVALID_ARGUMENT]: "InvalidArgument",
  [status.PERMISSION_DENIED]: "PermissionDenied",
  [status.UNAUTHENTICATED]: "Unauthenticated",
};

/** Watch: any number of watchers on each stream. */
export class WatchRpc {
  readonly #context: RpcContext;
  readonly #progressNotifyMs: number;
  readonly #streams = new Set<WatchStream>();
  #isCatchingUp = false;

  /** A watch that asked for it hears how far it has got when it was silent for `progressNotifyMs`. */
  constructor(context: RpcContext, progressNotifyMs: number) {
    this.#context = context;
    this.#progressNotifyMs = progressNotifyMs;
  }

  service(): WatchServer {
    return {
      watch: (call: Call) => {
        const stream = new WatchStream(call, this.#context, this.#progressNotifyMs, () => this.#catchUp());
        this.#streams.add(stream);
        call.on("close", () => this.#streams.delete(stream));
        call.on("cancelled", () => stream.close());
        call.on("end", () => {
          stream.close();
          call.end();
        });
      },
    };
  }

  /** The state was replaced: what watchers saw last no longer means anything here. Clients begin again where they stopped. */
  endAll(): void {
    for (const stream of this.#streams) stream.fail(errors.leaderChanged());
    this.#streams.clear();
  }

  /** Brings lagging watchers forward, some revisions a turn of the event loop. */
  #catchUp(): void {
    if (this.#isCatchingUp) return;
    this.#isCatchingUp = true;
    const step = () => {
      if (this.#context.driver.state.watchers.catchUp()) setImmediate(step);
      else this.#isCatchingUp = false;
    };
    setImmediate(step);
  }
}

interface Watch {
  readonly request: WatchCreateRequest;
  watcher: Watcher | undefined;
  lastSentMs: number;
}

class WatchStream {
  readonly #call: Call;
  readonly #context: RpcContext;
  readonly #catchUp: () => void;
  readonly #progressNotifyMs: number;
  readonly #watches = new Map<number, Watch>();
  #nextId = 0;
  #isClosed = false;
  readonly #progressTimer: NodeJS.Timeout;

  constructor(call: Call, context: RpcContext, progressNotifyMs: number, catchUp: () => void) {
    this.#call = call;
    this.#context = context;
    this.#progressNotifyMs = progressNotifyMs;
    this.#catchUp = catchUp;
    call.on("data", (request: WatchRequest) => this.#handle(request));
    call.on("drain", () => this.#catchUp());
    call.on("error", () => this.close());
    this.#progressTimer = setInterval(() => this.#notifyProgress(), progressNotifyMs / 10);
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#progressTimer);
    for (const { watcher } of this.#watches.values()) if (watcher) this.#context.driver.state.watchers.remove(watcher);
    this.#watches.clear();
  }

  fail(error: Error): void {
    this.close();
    this.#call.emit("error", toServiceError(error));
  }

  #handle({ requestUnion: request }: WatchRequest): void {
    if (request?.$case === "createRequest") this.#admit(request.value);
    else if (request?.$case === "cancelRequest") this.#cancel(request.value.watchId);
    else if (request?.$case === "progressRequest") this.#sendProgress();
  }

  /** Creates in the order of the requests: while authentication is off, at once. */
  #admit(request: WatchCreateRequest): void {
    const { access, driver } = this.#context;
    if (!driver.state.machine.auth.isEnabled) {
      this.#create(request);
      return;
    }
    access.read(this.#call, watchedRange(request)).then(
      () => {
        if (!this.#isClosed) this.#create(request);
      },
      (error: unknown) => {
        const { code, message } = error instanceof RpcError ? error : errors.permissionDenied();
        const cancelReason = `rpc error: code = ${CODE_NAMES[code] ?? "Unknown"} desc = ${message}`;
        this.#send({ watchId: -1, created: true, canceled: true, cancelReason });
      },
    );
  }

  #create(request: WatchCreateRequest): void {
    const range = watchedRange(request);
    const id = request.watchId === 0 ? this.#freeId() : request.watchId;
    const cancelReason = whyNot(request, range, this.#watches.has(id));
    if (cancelReason) {
      this.#send({ watchId: -1, created: true, canceled: true, cancelReason });
      return;
    }
    const watch: Watch = { request, watcher: undefined, lastSentMs: this.#context.clock.monotonicMs() };
    this.#watches.set(id, watch);
    this.#send({ watchId: id, created: true });
    const filters = new Set(request.filters);
    watch.watcher = this.#context.driver.state.watchers.add({
      range,
      startRevision: request.startRevision,
      wantsPrevious: request.prevKv,
      ...(filters.size > 0
        ? { isFiltered: (event) => filters.has(event.type === "put" ? FilterType.NOPUT : FilterType.NODELETE) }
        : {}),
      deliver: (events, revision) => this.#deliver(id, watch, events, revision),
      compacted: (compactRevision) => {
        // As with etcd its id stays taken until the client cancels it, and the answer tells no revision but the one to begin from.
        watch.watcher = undefined;
        this.#send({ watchId: id, canceled: true, compactRevision }, 0);
      },
    });
    if (!watch.watcher.isSynced) this.#catchUp();
  }

  #cancel(id: number): void {
    const watch = this.#watches.get(id);
    if (!watch) return;
    if (watch.watcher) this.#context.driver.state.watchers.remove(watch.watcher);
    this.#watches.delete(id);
    this.#send({ watchId: id, canceled: true });
  }

  #deliver(id: number, watch: Watch, events: readonly WatchedEvent[], revision: number): boolean {
    if (this.#isClosed) return true;
    if (failpoint("watch-deliver") === "skip") return true;
    if (this.#call.writableLength > MAX_BUFFERED_BYTES) return false;
    watch.lastSentMs = this.#context.clock.monotonicMs();
    const messages = eventViews(events);
    if (watch.request.fragment) {
      const parts = fragments(messages);
      parts.forEach((part, index) => {
        this.#send({ watchId: id, events: part, fragment: index < parts.length - 1 }, revision);
      });
    } else this.#write(id, messages, revision);
    return true;
  }

  /** All watchers of a range are given the same list. */
  #write(watchId: number, events: Event[], revision: number): void {
    this.#call.write({
      header: header(this.#context, revision),
      watchId,
      created: false,
      canceled: false,
      compactRevision: 0,
      cancelReason: "",
      fragment: false,
      events,
    });
  }

  /** An answer without events: everything up to the revision in its header has been delivered. */
  #sendProgress(): void {
    const { revision } = this.#context.driver.state.machine.store;
    const all = [...this.#watches.values()];
    const isBehind = ({ watcher, request }: Watch) =>
      watcher && (!watcher.isSynced || request.startRevision > revision);
    if (all.length === 0 || all.some(isBehind)) return;
    this.#send({ watchId: -1 });
  }

  #notifyProgress(): void {
    const nowMs = this.#context.clock.monotonicMs();
    for (const [id, watch] of this.#watches) {
      const isSilent = nowMs - watch.lastSentMs >= this.#progressNotifyMs;
      if (!isSilent || !watch.request.progressNotify || !watch.watcher?.isSynced) continue;
      watch.lastSentMs = nowMs;
      this.#send({ watchId: id });
    }
  }

  #send(part: Partial<WatchResponse>, revision?: number): void {
    if (this.#isClosed) return;
    const own = header(this.#context);
    this.#call.write({
      header: revision === undefined ? own : { ...own, revision },
      watchId: 0,
      created: false,
      canceled: false,
      compactRevision: 0,
      cancelReason: "",
      fragment: false,
      events: [],
      ...part,
    });
  }

  #freeId(): number {
    while (this.#watches.has(this.#nextId)) this.#nextId++;
    return this.#nextId++;
  }
}

/** Why etcd would not begin this watch; undefined when it would. */
function whyNot({ startRevision }: WatchCreateRequest, { key, end }: KeyRange, isTaken: boolean): string | undefined {
  if (startRevision < 0) return "etcdserver: mvcc: required revision has been compacted";
  if (end !== undefined && end !== FROM_KEY_END && key >= end) return "mvcc: watcher range is empty";
  return isTaken ? "mvcc: duplicate watch ID provided on the WatchStream" : undefined;
}

/** etcd takes an empty key with an empty end as the lowest key there can be. */
function watchedRange(request: WatchCreateRequest): KeyRange {
  return toKeyRange(request.key.length === 0 ? Buffer.from([0]) : request.key, request.rangeEnd);
}

function fragments(events: readonly Event[]): Event[][] {
  const parts: Event[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const event of events) {
    const size = (event.kv?.value.length ?? 0) + (event.kv?.key.length ?? 0) + (event.prevKv?.value.length ?? 0);
    if (bytes + size > FRAGMENT_BYTES) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(event);
    bytes += size;
  }
  return parts;
}
