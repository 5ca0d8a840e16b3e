import type { Status } from "@drydock/apimachinery";
import { StatusError, serviceUnavailable } from "@drydock/apimachinery";
import type { Clock, Timer } from "@drydock/base";
import { currentTraceparent, type Logger } from "@drydock/component";
import {
  type Call,
  type ClientFrame,
  ComponentApiClient,
  type Event,
  type Reply,
  type ServerFrame,
} from "@drydock/proto/drydock/api/v1/api";
import { PayloadDecoder, PayloadEncoder, TickBatcher } from "@drydock/wire";
import { type ChannelCredentials, type ClientDuplexStream, Metadata } from "@grpc/grpc-js";

/** A call before it has an id and bytes. */
export interface SessionCall {
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly options?: unknown;
  readonly body?: unknown;
  readonly patchType?: string;
}

/** Where the answers to one call go. Exactly one of `onResult`, `onError` and `onEnd` is called, last. */
export interface ReplyHandler {
  onResult(value: unknown): void;
  onEvents(events: readonly { type: string; object: unknown }[]): void;
  onError(error: StatusError): void;
  onEnd(): void;
}

export interface SessionOptions {
  /** `host:port`. */
  readonly address: string;
  readonly credentials: ChannelCredentials;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A call made while there is no connection. */
interface QueuedCall {
  readonly call: SessionCall;
  readonly handler: ReplyHandler;
  cancelled: boolean;
  /** Withdraws it from the connection that took it on. */
  cancel?: () => void;
}

/** gRPC keep-alives notice a dead or partitioned server within this time. */
const KEEPALIVE_MS = 5_000;
const RECONNECT_DELAY_MS = 250;

/**
 * One long-lived stream to the apiserver, opened when first needed and again after it broke. Calls made in the same turn of the
 * event loop travel in one frame. When the stream breaks every call on it fails with 503; nothing is sent twice.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #client: ComponentApiClient;
  #connection: Connection | undefined;
  #reconnectAtMs = 0;
  #waiting: Timer | undefined;
  #queued: QueuedCall[] = [];
  #isClosed = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#client = new ComponentApiClient(options.address, options.credentials, {
      "grpc.keepalive_time_ms": KEEPALIVE_MS,
      "grpc.keepalive_timeout_ms": KEEPALIVE_MS,
      "grpc.keepalive_permit_without_calls": 1,
      "grpc.max_receive_message_length": -1,
      "grpc.max_send_message_length": -1,
      "grpc.initial_reconnect_backoff_ms": 200,
      "grpc.max_reconnect_backoff_ms": 2_000,
    });
  }

  /** Sends a call; the returned function withdraws it (no handler is called afterwards). */
  call(call: SessionCall, handler: ReplyHandler): () => void {
    if (this.#isClosed) {
      handler.onError(serviceUnavailable("the client is closed"));
      return () => {};
    }
    if (this.#connection) return this.#connection.send(call, handler);
    const entry: QueuedCall = { call, handler, cancelled: false };
    this.#queued.push(entry);
    this.#connectSoon();
    return () => {
      entry.cancelled = true;
      entry.cancel?.();
    };
  }

  close(): void {
    this.#isClosed = true;
    this.#waiting?.cancel();
    this.#connection?.end("the client is closed");
    for (const { handler, cancelled } of this.#queued.splice(0)) {
      if (!cancelled) handler.onError(serviceUnavailable("the client is closed"));
    }
    this.#client.close();
  }

  #connectSoon(): void {
    if (this.#waiting) return;
    const delayMs = Math.max(0, this.#reconnectAtMs - this.#options.clock.monotonicMs());
    this.#waiting = this.#options.clock.setTimer(delayMs, () => {
      this.#waiting = undefined;
      this.#connect();
    });
  }

  #connect(): void {
    const connection = new Connection(this.#client.session(new Metadata({ waitForReady: false })), (reason) => {
      if (this.#connection !== connection) return;
      this.#connection = undefined;
      this.#reconnectAtMs = this.#options.clock.monotonicMs() + RECONNECT_DELAY_MS;
      if (!this.#isClosed)
        this.#options.logger.warn({ address: this.#options.address, reason }, "connection to the apiserver lost");
    });
    this.#connection = connection;
    for (const entry of this.#queued.splice(0)) {
      if (!entry.cancelled) entry.cancel = connection.send(entry.call, entry.handler);
    }
  }
}

class Connection {
  readonly #stream: ClientDuplexStream<ClientFrame, ServerFrame>;
  readonly #encoder = new PayloadEncoder();
  readonly #decoder = new PayloadDecoder();
  readonly #pending = new Map<number, ReplyHandler>();
  readonly #batch: TickBatcher<Call | number>;
  #structuresSent = 0;
  #nextId = 1;
  #hasEnded = false;
  readonly #onEnd: (reason: string) => void;

  constructor(stream: ClientDuplexStream<ClientFrame, ServerFrame>, onEnd: (reason: string) => void) {
    this.#stream = stream;
    this.#onEnd = onEnd;
    this.#batch = new TickBatcher((items) => this.#write(items));
    stream.on("data", (frame: ServerFrame) => this.#receive(frame));
    stream.on("error", (error) => this.end(error.message));
    stream.on("end", () => this.end("the server ended the stream"));
  }

  send(call: SessionCall, handler: ReplyHandler): () => void {
    if (this.#hasEnded) {
      handler.onError(connectionLost("the stream has ended"));
      return () => {};
    }
    const id = this.#nextId++;
    this.#pending.set(id, handler);
    this.#batch.add(this.#encodeCall(id, call));
    return () => {
      if (this.#pending.delete(id) && !this.#hasEnded) this.#batch.add(id);
    };
  }

  end(reason: string): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#onEnd(reason);
    this.#stream.cancel();
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const handler of pending) handler.onError(connectionLost(reason));
  }

  #encodeCall(id: number, call: SessionCall): Call {
    const encode = (value: unknown) => (value === undefined ? Buffer.alloc(0) : this.#encoder.encode(value));
    return {
      id,
      verb: call.verb,
      group: call.group,
      version: call.version,
      resource: call.resource,
      subresource: call.subresource ?? "",
      namespace: call.namespace ?? "",
      name: call.name ?? "",
      options: encode(call.options),
      body: encode(call.body),
      patchType: call.patchType ?? "",
      traceparent: currentTraceparent() ?? "",
    };
  }

  #write(items: readonly (Call | number)[]): void {
    if (this.#hasEnded) return;
    const hasNewStructures = this.#encoder.generation > this.#structuresSent;
    this.#structuresSent = this.#encoder.generation;
    this.#stream.write({
      structures: hasNewStructures ? this.#encoder.structures() : Buffer.alloc(0),
      calls: items.filter((item) => typeof item !== "number"),
      cancels: items.filter((item) => typeof item === "number"),
    });
  }

  #receive(frame: ServerFrame): void {
    try {
      if (frame.structures.length > 0) this.#decoder.learn(frame.structures);
      for (const reply of frame.replies) this.#dispatch(reply);
    } catch (error) {
      this.end(`malformed frame: ${(error as Error).message}`);
    }
  }

  #dispatch(reply: Reply): void {
    const handler = this.#pending.get(reply.id);
    if (!handler || !reply.kind) return;
    if (reply.kind.$case === "events") {
      handler.onEvents(
        reply.kind.value.events.map((event: Event) => ({
          type: event.type,
          object: this.#decoder.decode(event.object),
        })),
      );
      return;
    }
    this.#pending.delete(reply.id);
    if (reply.kind.$case === "result") handler.onResult(this.#decoder.decode(reply.kind.value));
    else if (reply.kind.$case === "status")
      handler.onError(new StatusError(this.#decoder.decode(reply.kind.value) as Status));
    else handler.onEnd();
  }
}

function connectionLost(reason: string): StatusError {
  return serviceUnavailable(`connection to the apiserver lost: ${reason}`);
}
