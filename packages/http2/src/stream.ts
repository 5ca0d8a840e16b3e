import type { Closing } from "./closed-streams.ts";
import { ErrorCode } from "./error-code.ts";
import type { OutgoingHeaders } from "./hpack/encoder.ts";
import { LateEmitter } from "./late-emitter.ts";
import type { Message } from "./pieces.ts";
import type { PreparedBlock } from "./prepared-block.ts";
import { ReceiveWindow } from "./receive-flow.ts";
import { SendQueue, type Written } from "./send-flow.ts";

/** Beyond this `write` asks to wait for `drain`. */
const HIGH_WATER_OCTETS = 1 << 16;

export interface RespondOptions {
  readonly endStream?: boolean;
  /** After `end` and when all is sent, `wantTrailers` asks for `sendTrailers`. */
  readonly waitForTrailers?: boolean;
}

/** Takes what comes on a stream in place of its events, for those who have no use for listeners. */
export interface StreamSink {
  /** What is to be kept must be copied: the octets are there for the call only. */
  onData(data: Buffer): void;
  onEnd(): void;
  /** What was written has gone out, or more may be written again. */
  onSent(): void;
  /** Once, always, last. `isAborted`: the peer is gone before the answer was complete. */
  onClose(isAborted: boolean): void;
}

/** What a stream asks of its connection. */
export interface StreamHost {
  sendHeaders(stream: ServerStream, headers: OutgoingHeaders, endsStream: boolean): void;
  sendBlock(stream: ServerStream, block: PreparedBlock, endsStream: boolean): void;
  sendAnswer(stream: ServerStream, head: PreparedBlock, message: Uint8Array, trailers: PreparedBlock): boolean;
  sendMessage(stream: ServerStream, message: Message): boolean;
  sendData(queue: SendQueue, data: Uint8Array, written: Written | undefined): boolean;
  sendEnd(stream: ServerStream): void;
  sendReset(stream: ServerStream, code: number): void;
  onRead(stream: ServerStream, octets: number): void;
  onClosed(stream: ServerStream, closing: Closing): void;
}

/**
 * One request and its answer, in the manner of node:http2's ServerHttp2Stream as far as a server needs it. Events: `data` and `end` after
 * `resume()`, never before; `wantTrailers`; `drain`; `aborted` when the peer is gone before the answer was complete; `close`, once, always.
 */
export class ServerStream<Session = unknown> extends LateEmitter {
  readonly id: number;
  readonly session: Session;
  readonly receiveWindow: ReceiveWindow;
  readonly sendQueue: SendQueue;
  readonly #host: StreamHost;
  /** Octets of body still to come, if the request has said how many. */
  readonly #contentLength: number | undefined;
  #received = 0;
  /** What has come and was not read; undefined as long as nothing had to wait. */
  #inbox: Buffer[] | undefined;
  #sink: StreamSink | undefined;
  #isFlowing = false;
  #isReadScheduled = false;
  #isEndRead = false;
  #hasRemoteEnded = false;
  #hasLocalEnded = false;
  #isEnding = false;
  #waitsForTrailers = false;
  #needsDrain = false;
  headersSent = false;
  aborted = false;
  closed = false;
  rstCode: number = ErrorCode.NO_ERROR;

  constructor(
    id: number,
    session: Session,
    host: StreamHost,
    windows: { readonly send: number; readonly receive: number },
    contentLength: number | undefined,
  ) {
    super();
    this.id = id;
    this.session = session;
    this.#host = host;
    this.#contentLength = contentLength;
    this.receiveWindow = new ReceiveWindow(windows.receive);
    this.sendQueue = new SendQueue(id, windows.send, this);
  }

  get destroyed(): boolean {
    return this.closed;
  }

  get hasRemoteEnded(): boolean {
    return this.#hasRemoteEnded;
  }

  get writableEnded(): boolean {
    return this.#isEnding || this.#hasLocalEnded;
  }

  /** From now on everything that happens is told to the sink, and nothing is emitted. To be called before anything has come. */
  attach(sink: StreamSink): void {
    this.#sink = sink;
    this.#isFlowing = true;
  }

  /** A whole answer at once, if it is short and nothing stands in its way; else false, and nothing was sent. */
  answer(head: PreparedBlock, message: Uint8Array, trailers: PreparedBlock): boolean {
    if (this.headersSent || !this.#host.sendAnswer(this, head, message, trailers)) return false;
    this.headersSent = true;
    this.#endLocally();
    return true;
  }

  respondWith(head: PreparedBlock): void {
    if (this.closed || this.headersSent) return;
    this.headersSent = true;
    this.#host.sendBlock(this, head, false);
  }

  /** A message of gRPC, after `respondWith`; it may lie in pieces. Its octets must not change until it is sent. */
  writeMessage(message: Message): boolean {
    if (this.closed || this.writableEnded) return false;
    return this.#host.sendMessage(this, message) || this.#hasRoom();
  }

  /** Ends it with these trailers; only while nothing waits to be sent. */
  endWith(trailers: PreparedBlock): void {
    if (this.closed || this.#hasLocalEnded) return;
    this.#host.sendBlock(this, trailers, true);
    this.#endLocally();
  }

  respond(headers: OutgoingHeaders, options: RespondOptions = {}): void {
    if (this.closed || this.headersSent) return;
    this.headersSent = true;
    this.#waitsForTrailers = options.waitForTrailers === true;
    const endsStream = options.endStream === true;
    this.#host.sendHeaders(this, headers, endsStream);
    if (endsStream) this.#endLocally();
  }

  /**
   * False when more should wait for `drain`. `written` is called when the windows and the socket have let it pass. The data is not copied: it
   * must not change any more.
   */
  write(data: Uint8Array, written?: Written): boolean {
    if (this.closed || this.writableEnded) {
      if (written) process.nextTick(written, new Error("the stream is closed"));
      return false;
    }
    if (!this.headersSent) this.respond({ ":status": 200 });
    return this.#host.sendData(this.sendQueue, data, written) || this.#hasRoom();
  }

  #hasRoom(): boolean {
    this.#needsDrain = this.sendQueue.octets >= HIGH_WATER_OCTETS;
    return !this.#needsDrain;
  }

  end(data?: Uint8Array): void {
    if (this.closed || this.writableEnded) return;
    if (data && data.length > 0) this.write(data);
    if (!this.headersSent) this.respond({ ":status": 200 });
    this.#isEnding = true;
    if (this.sendQueue.waiting.length === 0) this.#finishSending();
  }

  sendTrailers(headers: OutgoingHeaders): void {
    if (this.closed || this.#hasLocalEnded) return;
    this.#host.sendHeaders(this, headers, true);
    this.#endLocally();
  }

  pause(): this {
    this.#isFlowing = false;
    return this;
  }

  resume(): this {
    if (this.#isFlowing) return this;
    this.#isFlowing = true;
    if (this.#hasUnread || this.#hasRemoteEnded) this.#scheduleRead();
    return this;
  }

  isPaused(): boolean {
    return !this.#isFlowing;
  }

  close(code: number = ErrorCode.NO_ERROR): void {
    if (this.closed) return;
    this.#host.sendReset(this, code);
    this.#finish(code, "reset-by-us");
  }

  rstStream(code: number): void {
    this.close(code);
  }

  destroy(error?: Error): void {
    if (this.closed) return;
    this.close(error ? ErrorCode.INTERNAL_ERROR : ErrorCode.CANCEL);
    if (error && this.listenerCount("error") > 0) this.emit("error", error);
  }

  /** The octets are there for the call only. False when the body is longer than the request said. The connection calls this and those below. */
  receiveData(data: Buffer): boolean {
    this.#received += data.length;
    if (this.#contentLength !== undefined && this.#received > this.#contentLength) return false;
    if (data.length === 0) return true;
    const isReadAtOnce = this.#isFlowing && !this.#hasUnread;
    if (isReadAtOnce) this.#read(this.#sink ? data : copyOf(data));
    else if (this.#inbox) this.#inbox.push(copyOf(data));
    else this.#inbox = [copyOf(data)];
    return true;
  }

  /** False when the body is shorter than the request said. */
  receiveEnd(): boolean {
    if (this.#contentLength !== undefined && this.#received !== this.#contentLength) return false;
    this.#hasRemoteEnded = true;
    if (this.#isFlowing && !this.#hasUnread) this.#readEnd();
    return true;
  }

  /** The peer has reset the stream, or made us reset it, or is gone. */
  receiveReset(code: number, closing: Closing): void {
    if (this.closed) return;
    this.aborted = true;
    this.#finish(code, closing);
  }

  get #hasUnread(): boolean {
    return this.#inbox !== undefined && this.#inbox.length > 0;
  }

  #scheduleRead(): void {
    if (this.#isReadScheduled) return;
    this.#isReadScheduled = true;
    process.nextTick(readInbox, this);
  }

  static readInbox(stream: ServerStream): void {
    stream.#isReadScheduled = false;
    while (stream.#isFlowing && stream.#hasUnread) stream.#read(stream.#inbox?.shift() as Buffer);
    if (stream.#isFlowing && stream.#hasRemoteEnded && !stream.#hasUnread) stream.#readEnd();
  }

  #read(data: Buffer): void {
    if (this.#sink) this.#sink.onData(data);
    else this.emit("data", data);
    this.#host.onRead(this, data.length);
  }

  #readEnd(): void {
    if (this.#isEndRead || this.closed) return;
    this.#isEndRead = true;
    if (this.#sink) this.#sink.onEnd();
    else this.emit("end");
  }

  /** Nothing waits in the queue any more. */
  onEmpty(): void {
    if (this.closed) return;
    if (this.#sink) {
      this.#needsDrain = false;
      this.#sink.onSent();
    } else if (this.#isEnding) this.#finishSending();
    else if (this.#needsDrain) {
      this.#needsDrain = false;
      this.emit("drain");
    }
  }

  #finishSending(): void {
    if (this.#hasLocalEnded) return;
    if (this.#waitsForTrailers) {
      this.emit("wantTrailers");
      return;
    }
    this.#host.sendEnd(this);
    this.#endLocally();
  }

  /** An answer that is complete before its request asks the peer to send no more of it (RFC 9113, section 8.1). */
  #endLocally(): void {
    this.#hasLocalEnded = true;
    if (!this.#hasRemoteEnded) this.#host.sendReset(this, ErrorCode.NO_ERROR);
    this.#finish(ErrorCode.NO_ERROR, this.#hasRemoteEnded ? "ended" : "reset-by-us");
  }

  #dropInbox(): void {
    const unread = this.#inbox?.reduce((octets, { length }) => octets + length, 0) ?? 0;
    this.#inbox = undefined;
    this.#host.onRead(this, unread);
  }

  #finish(code: number, closing: Closing): void {
    this.closed = true;
    this.rstCode = code;
    if (this.#hasUnread) this.#dropInbox();
    if (this.sendQueue.waiting.length > 0) this.sendQueue.clear(new Error("the stream is closed"));
    this.#host.onClosed(this, closing);
    if (this.#sink) {
      this.#sink.onClose(this.aborted);
      return;
    }
    if (this.aborted) this.emit("aborted");
    this.emit("close");
  }
}

const readInbox = ServerStream.readInbox;

/** What was read is overwritten by what is read next. */
export function copyOf(data: Buffer): Buffer {
  const copy = Buffer.allocUnsafe(data.length);
  data.copy(copy);
  return copy;
}
