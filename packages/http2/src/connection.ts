import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { IdTable } from "@drydock/base";
import type { Closing } from "./closed-streams.ts";
import { ErrorCode, type Fault } from "./error-code.ts";
import { FRAME_SIZE_DEFAULT, PREFACE, STREAM_ID_LIMIT, WINDOW_DEFAULT } from "./frame.ts";
import { FrameReader } from "./frame-reader.ts";
import { FrameWriter } from "./frame-writer.ts";
import { GRPC_PREFIX_OCTETS, grpcPrefix } from "./grpc-prefix.ts";
import { HpackEncoder, type OutgoingHeaders } from "./hpack/encoder.ts";
import { Inbound } from "./inbound.ts";
import type { Limits } from "./limits.ts";
import { Output } from "./output.ts";
import { Headed, type Message, OctetSource, octetsOf, Pieces } from "./pieces.ts";
import { type PingCallback, Pings } from "./pings.ts";
import type { PreparedBlock } from "./prepared-block.ts";
import { ReceiveWindow } from "./receive-flow.ts";
import type { RequestHeaders } from "./request-head.ts";
import { SendFlow, type SendQueue, type Written } from "./send-flow.ts";
import { encodeSettings, initialPeerSettings, Setting } from "./settings.ts";
import type { ServerStream, StreamHost } from "./stream.ts";

/** While so much waits to be sent, nothing is read: whoever does not read the answers may not ask. */
const WAITING_OCTETS_MAX = 1 << 20;
const GOAWAY_GRACE_MS = 1000;
const LINGER_MS = 1000;

export type Http2Stream = ServerStream<Http2Connection>;
export type StreamListener = (stream: Http2Stream, headers: RequestHeaders) => void;

/**
 * The server's end of one HTTP/2 connection (RFC 9113), in the manner of node:http2's ServerHttp2Session as far as a server needs it. Emits
 * `close` once, when the socket is gone. A peer that breaks the protocol or exceeds a limit is told so and hung up on; nothing is thrown.
 */
export class Http2Connection extends EventEmitter implements StreamHost {
  readonly socket: Socket;
  readonly encrypted: boolean;
  readonly limits: Limits;
  readonly streams = new IdTable<Http2Stream>();
  readonly peer = initialPeerSettings();
  readonly output: Output;
  readonly flow: SendFlow;
  readonly pings: Pings;
  readonly writer: FrameWriter;
  readonly receiveWindow: ReceiveWindow;
  readonly #encoder = new HpackEncoder();
  readonly #inbound: Inbound;
  readonly #reader: FrameReader;
  #prefaceOctets = 0;
  #isHungUp = false;
  #hasRead = true;
  #readAtMs = Date.now();
  /** When the peer was asked for a sign of life that has not come. */
  #probedAtMs: number | undefined;
  #blockedAtMs = Date.now();
  readonly #openedAtMs = Date.now();
  #closing: "no" | "announced" | "final" = "no";

  constructor(socket: Socket, limits: Limits, onStream: StreamListener) {
    super();
    this.socket = socket;
    this.encrypted = "encrypted" in socket;
    this.limits = limits;
    this.output = new Output(socket, this.encrypted);
    this.flow = new SendFlow(this.output, this.peer);
    this.pings = new Pings(this.output);
    this.writer = new FrameWriter(this.output);
    this.receiveWindow = new ReceiveWindow(limits.connectionWindow);
    this.#inbound = new Inbound(this, onStream);
    this.#reader = new FrameReader(FRAME_SIZE_DEFAULT, (frame) => this.#inbound.onFrame(frame));
    this.#listen();
    this.#greet();
  }

  get closed(): boolean {
    return this.#closing !== "no" || this.#isHungUp;
  }

  get destroyed(): boolean {
    return this.#isHungUp;
  }

  get state(): { readonly localWindowSize: number; readonly remoteWindowSize: number } {
    return { localWindowSize: this.receiveWindow.left, remoteWindowSize: this.flow.window };
  }

  /** Takes what the client sent, which is there for the call only. */
  receive(chunk: Buffer): void {
    this.#hasRead = true;
    if (this.#isHungUp) return;
    const rest = this.#prefaceOctets < PREFACE.length ? this.#readPreface(chunk) : chunk;
    if (rest.length === 0 || this.#isHungUp) return;
    const fault = this.#reader.read(rest);
    if (fault?.costs === "connection") this.fail(fault);
    else if (this.output.waitingOctets > WAITING_OCTETS_MAX) this.#throttle();
  }

  /** False when the connection is closed; the callback then never comes. */
  ping(callback: PingCallback): boolean;
  ping(payload: Uint8Array, callback: PingCallback): boolean;
  ping(payload: Uint8Array | PingCallback, callback?: PingCallback): boolean {
    if (this.#isHungUp) return false;
    if (typeof payload === "function") this.pings.send(payload);
    else this.pings.send(callback as PingCallback, payload);
    return true;
  }

  goaway(code: number = ErrorCode.NO_ERROR, lastStreamId = 0, data: Uint8Array = new Uint8Array(0)): void {
    if (!this.#isHungUp) this.writer.goaway(lastStreamId || this.#inbound.requests.lastStreamId, code, data);
  }

  /**
   * Ends in peace (RFC 9113, section 6.8): a first GOAWAY asks the client to stop, a second, after a round trip, names the last stream that is
   * served; when those are done the connection ends.
   */
  close(callback?: () => void): void {
    if (callback) this.once("close", callback);
    if (this.closed) return;
    this.#closing = "announced";
    this.goaway(ErrorCode.NO_ERROR, STREAM_ID_LIMIT);
    const finish = (): void => {
      clearTimeout(timer);
      this.#finishClosing();
    };
    const timer = setTimeout(finish, GOAWAY_GRACE_MS);
    this.pings.send(finish);
  }

  /** Ends at once: streams are aborted. */
  destroy(reason?: number | Error): void {
    const code = typeof reason === "number" ? reason : reason ? ErrorCode.INTERNAL_ERROR : ErrorCode.NO_ERROR;
    this.#hangUp(code, code === ErrorCode.NO_ERROR ? ErrorCode.CANCEL : code, "");
  }

  fail({ code, reason }: Fault): void {
    this.#hangUp(code, code, reason);
  }

  /** To be called about once a second: judges what has taken too long. */
  sweep(nowMs: number): void {
    if (this.#hasRead) this.#readAtMs = nowMs;
    if (this.#hasRead) this.#probedAtMs = undefined;
    this.#hasRead = false;
    if (this.#isHungUp) return;
    const fault = this.#inbound.findLate(nowMs, this.#openedAtMs);
    if (fault) this.fail(fault);
    else this.#probe(nowMs);
  }

  sendHeaders(stream: { readonly id: number }, headers: OutgoingHeaders, endsStream: boolean): void {
    this.writer.headers(stream.id, this.#encoder.encode(headers), endsStream);
  }

  sendBlock(stream: ServerStream, block: PreparedBlock, endsStream: boolean): void {
    this.writer.headers(
      stream.id,
      this.#encoder.owesUpdate ? this.#encoder.encode(block.headers) : block.octets,
      endsStream,
    );
  }

  sendAnswer(stream: ServerStream, head: PreparedBlock, message: Uint8Array, trailers: PreparedBlock): boolean {
    if (this.#encoder.owesUpdate || !this.flow.takeAtOnce(stream.sendQueue, GRPC_PREFIX_OCTETS + message.length))
      return false;
    this.output.answer(stream.id, head.octets, message, trailers.octets);
    return true;
  }

  sendMessage(stream: ServerStream, message: Message): boolean {
    if (message instanceof OctetSource)
      return this.flow.send(stream.sendQueue, new Headed(grpcPrefix(message.length), message), undefined);
    const pieces = message instanceof Uint8Array ? [message] : message;
    const length = octetsOf(pieces);
    if (this.flow.takeAtOnce(stream.sendQueue, GRPC_PREFIX_OCTETS + length)) {
      this.output.message(stream.id, pieces, length);
      return true;
    }
    return this.flow.send(stream.sendQueue, new Pieces([grpcPrefix(length), ...pieces]), undefined);
  }

  sendData(queue: SendQueue, data: Uint8Array, written: Written | undefined): boolean {
    return this.flow.send(queue, data, written);
  }

  sendEnd(stream: ServerStream): void {
    this.flow.sendEnd(stream.id);
  }

  sendReset(stream: ServerStream, code: number): void {
    this.writer.reset(stream.id, code);
  }

  onRead(stream: ServerStream, octets: number): void {
    this.giveBack(octets, stream.closed ? undefined : stream);
  }

  onClosed(stream: ServerStream, closing: Closing): void {
    this.flow.forget(stream.sendQueue);
    this.streams.delete(stream as Http2Stream);
    this.#inbound.requests.closed.add(stream.id, closing);
    if (this.#closing === "final" && this.streams.size === 0) this.#hangUp(ErrorCode.NO_ERROR, ErrorCode.NO_ERROR, "");
  }

  /** Octets of DATA were read, or will not be: the windows open again. */
  giveBack(octets: number, stream: ServerStream | undefined): void {
    const forAll = this.receiveWindow.giveBack(octets);
    if (forAll > 0) this.writer.windowUpdate(0, forAll);
    if (!stream || stream.hasRemoteEnded) return;
    const forStream = stream.receiveWindow.giveBack(octets);
    if (forStream > 0) this.writer.windowUpdate(stream.id, forStream);
  }

  /** The peer has new settings; false when they make a window overflow. */
  onPeerSettings(windowChange: number): boolean {
    this.#encoder.resize(this.peer.headerTableSize);
    this.writer.acknowledgeSettings();
    if (windowChange === 0) return true;
    return this.streams.all().every(({ sendQueue }) => this.flow.widenStream(sendQueue, windowChange));
  }

  #listen(): void {
    const { socket } = this;
    socket.setNoDelay(true);
    socket.on("drain", () => {
      this.output.onDrain();
      this.flow.pump();
      if (socket.isPaused() && !this.#isHungUp) socket.resume();
    });
    socket.on("error", () => socket.destroy());
    socket.on("end", () => this.#hangUp(ErrorCode.NO_ERROR, ErrorCode.CANCEL, ""));
    socket.on("close", () => {
      this.#hangUp(ErrorCode.NO_ERROR, ErrorCode.CANCEL, "");
      this.emit("close");
    });
  }

  #greet(): void {
    const { limits } = this;
    const settings = encodeSettings([
      [Setting.HEADER_TABLE_SIZE, limits.headerTableSize],
      [Setting.MAX_CONCURRENT_STREAMS, limits.concurrentStreamsMax],
      [Setting.INITIAL_WINDOW_SIZE, limits.streamWindow],
      [Setting.MAX_HEADER_LIST_SIZE, limits.headerListSizeMax],
    ]);
    this.writer.settings(settings);
    if (limits.connectionWindow > WINDOW_DEFAULT) this.writer.windowUpdate(0, limits.connectionWindow - WINDOW_DEFAULT);
  }

  #readPreface(chunk: Buffer): Buffer {
    const octets = Math.min(PREFACE.length - this.#prefaceOctets, chunk.length);
    const expected = PREFACE.subarray(this.#prefaceOctets, this.#prefaceOctets + octets);
    if (!chunk.subarray(0, octets).equals(expected))
      this.fail({ costs: "connection", code: ErrorCode.PROTOCOL_ERROR, reason: "this is not HTTP/2" });
    this.#prefaceOctets += octets;
    return chunk.subarray(octets);
  }

  #throttle(): void {
    this.output.flush();
    if (this.output.isBlocked) this.socket.pause();
  }

  /** Silence is answered with a question, and silence after it with the end; so is a peer that does not read. */
  #probe(nowMs: number): void {
    const { keepAliveMs, keepAliveTimeoutMs } = this.limits;
    if (!this.output.isBlocked) this.#blockedAtMs = nowMs;
    if (keepAliveMs === 0) return;
    const probedMs = nowMs - (this.#probedAtMs ?? nowMs);
    const blockedMs = nowMs - this.#blockedAtMs;
    if (probedMs > keepAliveTimeoutMs || blockedMs > keepAliveMs + keepAliveTimeoutMs) {
      this.#hangUp(ErrorCode.NO_ERROR, ErrorCode.CANCEL, "no sign of life");
      this.socket.destroy();
    } else if (nowMs - this.#readAtMs > keepAliveMs && this.#probedAtMs === undefined) {
      this.#probedAtMs = nowMs;
      this.pings.send(() => {});
    }
  }

  #finishClosing(): void {
    if (this.#isHungUp || this.#closing === "final") return;
    this.#closing = "final";
    this.#inbound.requests.servedUpTo = this.#inbound.requests.lastStreamId;
    this.goaway(ErrorCode.NO_ERROR);
    if (this.streams.size === 0) this.#hangUp(ErrorCode.NO_ERROR, ErrorCode.NO_ERROR, "");
  }

  /** What was written still goes out, but the peer's last words are not waited for longer than a moment. */
  #hangUp(code: ErrorCode | number, streamCode: number, reason: string): void {
    if (this.#isHungUp) return;
    if (this.#closing !== "final" || code !== ErrorCode.NO_ERROR) this.goaway(code, 0, Buffer.from(reason));
    this.#isHungUp = true;
    this.#reader.stop();
    for (const stream of this.streams.all()) stream.receiveReset(streamCode, "reset-by-us");
    this.pings.cancel();
    this.output.flush();
    this.socket.end();
    this.socket.resume();
    const linger = setTimeout(() => this.socket.destroy(), LINGER_MS);
    this.socket.once("close", () => clearTimeout(linger));
  }
}
