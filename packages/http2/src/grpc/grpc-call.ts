import type { ClientConnection } from "../client/client-connection.ts";
import type { ClientStream, StreamEnd } from "../client/client-stream.ts";
import { ErrorCode } from "../error-code.ts";
import { frameMessage, grpcPrefix } from "../grpc-prefix.ts";
import type { HeaderField } from "../hpack/static-table.ts";
import { COPY_OCTETS_MAX } from "../output.ts";
import { readCallEnd, toMetadata } from "./call-end.ts";
import { GrpcError, type GrpcMetadata, GrpcStatus } from "./grpc-error.ts";
import { MessageReader } from "./message-reader.ts";

export interface CallOptions {
  /** Goes with the call beside the client's own; names in lower case. */
  readonly metadata?: GrpcMetadata | undefined;
  /** The call ends with DEADLINE_EXCEEDED after it; the server is told of it. */
  readonly timeoutMs?: number | undefined;
  /** Ends the call with CANCELLED. */
  readonly signal?: AbortSignal | undefined;
}

export interface CallEvents {
  onMetadata?(metadata: GrpcMetadata): void;
  /** May be kept. */
  onMessage(message: Buffer): void;
  /** Once, always, last; without an error when the status is OK. */
  onEnd(error: GrpcError | undefined): void;
}

const NOTHING = new Uint8Array(0);

/** One call: messages both ways, as octets. */
export class GrpcCall {
  readonly #connection: ClientConnection;
  readonly #events: CallEvents;
  readonly #reader: MessageReader;
  readonly #stream: ClientStream;
  readonly #signal: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  #inbox: Buffer[] = [];
  #head: readonly HeaderField[] | undefined;
  /** Why this side has ended the call. */
  #verdict: GrpcError | undefined;
  #heldEnd: StreamEnd | undefined;
  #isPaused = false;
  #isOver = false;

  constructor(
    connection: ClientConnection,
    fields: readonly HeaderField[],
    { timeoutMs, signal }: CallOptions,
    events: CallEvents,
    messageOctetsMax: number,
  ) {
    this.#connection = connection;
    this.#events = events;
    this.#reader = new MessageReader(messageOctetsMax, (message) => this.#onMessage(message));
    this.#stream = connection.open(fields, {
      onHead: (head) => this.#onHead(head),
      onData: (data) => this.#onData(data),
      onEnd: (end) => this.#onEnd(end),
    });
    if (timeoutMs !== undefined)
      this.#timer = setTimeout(() => this.cancel(GrpcStatus.DEADLINE_EXCEEDED, "Deadline exceeded"), timeoutMs);
    this.#signal = signal;
    signal?.addEventListener("abort", this.#abort, { once: true });
    if (signal?.aborted) process.nextTick(this.#abort);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Octets written that the kernel has not taken. */
  get waitingOctets(): number {
    return this.#stream.waitingOctets + this.#connection.waitingOctets;
  }

  /** A long message is not copied: it must not change any more. With `isLast` nothing may follow. */
  write(message: Uint8Array, isLast = false): void {
    if (message.length <= COPY_OCTETS_MAX) return this.#stream.write(frameMessage(message), isLast);
    this.#stream.write(grpcPrefix(message.length));
    this.#stream.write(message, isLast);
  }

  end(): void {
    this.#stream.write(NOTHING, true);
  }

  /** Hands all that was written on this connection to the kernel before it returns. */
  flush(): void {
    this.#connection.flush();
  }

  /** Ends the call here, with this error unless it has ended; the server hears of it. */
  cancel(code: number = GrpcStatus.CANCELLED, details = "Cancelled on client"): void {
    if (this.#isOver) return;
    this.#verdict = new GrpcError(code, details);
    if (this.#heldEnd) this.#finish(this.#heldEnd);
    else this.#stream.cancel(ErrorCode.CANCEL, details);
  }

  /** The server is held back once its window is full. Messages of a piece that is being read still come. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    while (!this.#isPaused && this.#inbox.length > 0) this.#read(this.#inbox.shift() as Buffer);
    if (!this.#isPaused && this.#heldEnd) this.#finish(this.#heldEnd);
  }

  readonly #abort = (): void => this.cancel();

  #onHead(head: readonly HeaderField[]): void {
    this.#head = head;
    const type = head.find(([name]) => name === "content-type")?.[1];
    if (head[0]?.[1] !== "200" || !type?.startsWith("application/grpc")) return;
    this.#events.onMetadata?.(toMetadata(head));
  }

  #onData(data: Buffer): void {
    if (this.#isPaused) this.#inbox.push(data);
    else this.#read(data);
  }

  #read(data: Buffer): void {
    if (this.#isOver) return;
    const problem = this.#reader.read(data, true);
    this.#stream.consumed(data.length);
    if (problem) this.cancel(GrpcStatus.INTERNAL, problem);
  }

  #onMessage(message: Buffer): void {
    if (!this.#isOver) this.#events.onMessage(message);
  }

  #onEnd(end: StreamEnd): void {
    if (this.#inbox.length > 0 && !this.#verdict) this.#heldEnd = end;
    else this.#finish(end);
  }

  #finish(end: StreamEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#inbox = [];
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener("abort", this.#abort);
    this.#events.onEnd(this.#verdict ?? readCallEnd(end, this.#head) ?? this.#cutShort());
  }

  #cutShort(): GrpcError | undefined {
    return this.#reader.isMidMessage ? new GrpcError(GrpcStatus.INTERNAL, "the last message is cut short") : undefined;
  }
}
