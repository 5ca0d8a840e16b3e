import {
  Compare_CompareResult as CompareResult,
  Compare_CompareTarget as CompareTarget,
  WatchCreateRequest_FilterType as FilterType,
  type KVServer,
  type LeaseServer,
  type RangeRequest,
  type RangeResponse,
  type RequestOp,
  RangeRequest_SortOrder as SortOrder,
  RangeRequest_SortTarget as SortTarget,
  type TxnResponse,
  type WatchRequest,
  type WatchResponse,
  type WatchServer,
} from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { type Event, Event_EventType as EventType } from "@drydock/proto/etcd/api/mvccpb/kv";
import { type ServerDuplexStream, status } from "@grpc/grpc-js";
import { unary } from "./context.ts";
import { RpcError } from "./errors.ts";
import { callUnary, type LocalCaller, LocalStreamCall } from "./local-call.ts";

/** The services that locks and elections are made of: theirs are a client's recipes, carried out here with the caller's own rights. */
export interface RecipeServices {
  readonly kv: KVServer;
  readonly watch: WatchServer;
  readonly lease: LeaseServer;
}

const NOTHING = Buffer.alloc(0);
/** Of the lease that a caller without one gets. */
const SESSION_TTL_SECONDS = 60;

/** All contenders for one name: keys below `<name>/`, named by lease, served in the order of their creation. */
export class Contest {
  readonly #services: RecipeServices;
  readonly #caller: LocalCaller;
  /** Of all contenders' keys. */
  readonly prefix: Buffer;

  constructor(services: RecipeServices, caller: LocalCaller, name: Buffer) {
    this.#services = services;
    this.#caller = caller;
    this.prefix = Buffer.concat([name, Buffer.from("/")]);
  }

  keyOf(lease: string): Buffer {
    return Buffer.concat([this.prefix, Buffer.from(BigInt(lease).toString(16))]);
  }

  get end(): Buffer {
    const end = Buffer.from(this.prefix);
    end[end.length - 1] = "/".charCodeAt(0) + 1;
    return end;
  }

  /** The lease as given, or a new one. */
  async session(lease: string): Promise<string> {
    if (lease !== "0") return lease;
    const request = { TTL: SESSION_TTL_SECONDS, ID: "0" };
    return (await callUnary(this.#services.lease.leaseGrant, request, this.#caller)).ID;
  }

  /** Whoever was there first; nobody when `kvs` is empty. */
  first(): Promise<RangeResponse> {
    return this.#range({ sortOrder: SortOrder.ASCEND });
  }

  /** Does `then` if the key was created at this revision (0: does not exist), `otherwise` if not. */
  ifCreated(key: Buffer, revision: number, then: RequestOp[], otherwise: RequestOp[] = []): Promise<TxnResponse> {
    const targetUnion = { $case: "createRevision", value: revision } as const;
    const { EQUAL } = CompareResult;
    const compare = [{ result: EQUAL, target: CompareTarget.CREATE, key, targetUnion, rangeEnd: NOTHING }];
    return callUnary(this.#services.kv.txn, { compare, success: then, failure: otherwise }, this.#caller);
  }

  /** Resolves once all that were created before this revision are gone. */
  async waitForTurn(createRevision: number): Promise<void> {
    for (;;) {
      const { kvs, header } = await this.#range({
        sortOrder: SortOrder.DESCEND,
        maxCreateRevision: createRevision - 1,
      });
      const predecessor = kvs[0];
      if (!predecessor) return;
      await this.nextEvent(predecessor.key, (header?.revision ?? 0) + 1, EventType.DELETE);
    }
  }

  /** The first event of this kind from a revision on, of one key or of all (`end` given). */
  async nextEvent(key: Buffer, startRevision: number, type: EventType, rangeEnd: Buffer = NOTHING): Promise<Event> {
    const filters = [type === EventType.DELETE ? FilterType.NOPUT : FilterType.NODELETE];
    for await (const event of this.events({ key, rangeEnd, startRevision, filters })) return event;
    throw new RpcError(status.CANCELLED, "context canceled");
  }

  async *events(watch: {
    key: Buffer;
    rangeEnd: Buffer;
    startRevision: number;
    filters: FilterType[];
  }): AsyncGenerator<Event> {
    const call = new LocalStreamCall<WatchRequest, WatchResponse>(this.#caller);
    this.#services.watch.watch(call as unknown as ServerDuplexStream<WatchRequest, WatchResponse>);
    const value = { ...watch, watchId: 0, progressNotify: false, prevKv: false, fragment: false };
    call.send({ requestUnion: { $case: "createRequest", value } });
    try {
      for await (const { canceled, cancelReason, events } of call.responses) {
        if (canceled) throw new RpcError(status.UNKNOWN, cancelReason);
        yield* events;
      }
    } finally {
      call.cancel();
    }
  }

  #range(part: Partial<RangeRequest>): Promise<RangeResponse> {
    const request = rangeRequest({ key: this.prefix, rangeEnd: this.end, limit: 1, ...part });
    return callUnary(this.#services.kv.range, { ...request, sortTarget: SortTarget.CREATE }, this.#caller);
  }
}

/** A unary method made of calls to other services. What those are refused with comes without their code, as etcd hands it on. */
export const recipe: typeof unary = (context, handle) =>
  unary(context, (request, call) =>
    handle(request, call).catch((error: unknown) => {
      throw withoutCode(error);
    }),
  );

export function withoutCode(error: unknown): unknown {
  return error instanceof RpcError ? new RpcError(status.UNKNOWN, error.message) : error;
}

export function rangeRequest(part: Partial<RangeRequest>): RangeRequest {
  return {
    key: NOTHING,
    rangeEnd: NOTHING,
    limit: 0,
    revision: 0,
    sortOrder: SortOrder.NONE,
    sortTarget: SortTarget.KEY,
    serializable: false,
    keysOnly: false,
    countOnly: false,
    minModRevision: 0,
    maxModRevision: 0,
    minCreateRevision: 0,
    maxCreateRevision: 0,
    ...part,
  };
}

export function putOp(key: Buffer, value: Buffer, lease: string): RequestOp {
  const request = { key, value, lease, prevKv: false, ignoreValue: false, ignoreLease: false };
  return { request: { $case: "requestPut", value: request } };
}

export function getOp(key: Buffer): RequestOp {
  return { request: { $case: "requestRange", value: rangeRequest({ key }) } };
}

export function deleteOp(key: Buffer): RequestOp {
  return { request: { $case: "requestDeleteRange", value: { key, rangeEnd: NOTHING, prevKv: false } } };
}

/** What a transaction with a single `getOp` as its answer found. */
export function foundIn({ responses }: TxnResponse) {
  const response = responses[0]?.response;
  return response?.$case === "responseRange" ? response.value.kvs[0] : undefined;
}
