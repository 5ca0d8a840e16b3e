import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { IdTable } from "@drydock/base";
import { ErrorCode, type Fault } from "../error-code.ts";
import { FRAME_SIZE_DEFAULT, PREFACE, STREAM_ID_LIMIT, WINDOW_DEFAULT } from "../frame.ts";
import { FrameReader } from "../frame-reader.ts";
import { FrameWriter } from "../frame-writer.ts";
import { HpackEncoder } from "../hpack/encoder.ts";
import type { HeaderField } from "../hpack/static-table.ts";
import { DEFAULT_LIMITS, type Limits } from "../limits.ts";
import { Output } from "../output.ts";
import { Pings } from "../pings.ts";
import { ReceiveWindow } from "../receive-flow.ts";
import { SendFlow, type SendQueue } from "../send-flow.ts";
import { encodeSettings, initialPeerSettings, Setting } from "../settings.ts";
import { ClientInbound } from "./client-inbound.ts";
import { ClientStream, type ClientStreamHost, type StreamEvents } from "./client-stream.ts";
import { KeepAlive } from "./keep-alive.ts";

export interface ClientOptions {
  readonly limits?: Partial<Limits>;
  /** Names of fields whose values repeat, beside those every request has. */
  readonly repeatedFields?: readonly string[];
}

/** A server that makes us answer so much without reading the answers is hung up on. */
const WAITING_OCTETS_MAX = 1 << 22;
const LINGER_MS = 1000;
const REPEATED_FIELDS = [":path", ":authority", "content-type", "te", "user-agent"];

/**
 * The client's end of one HTTP/2 connection (RFC 9113) over a socket that is connected, plain or TLS. What is sent in one turn of the event loop
 * is one write to the socket, at the turn's end or with `flush`. Without open streams it does not keep the process running. Emits `ready` when the server has said its settings; `goaway` when it wants no
 * more requests; `close` (reason), once, as soon as the connection is of no use, after all its streams have ended. Nothing is thrown, nothing
 * is tried again.
 */
export class ClientConnection
  extends EventEmitter<{ ready: []; goaway: []; close: [reason: string] }>
  implements ClientStreamHost
{
  readonly isEncrypted: boolean;
  readonly limits: Limits;
  readonly streams = new IdTable<ClientStream>();
  readonly peer = initialPeerSettings();
  readonly flow: SendFlow;
  readonly pings: Pings;
  readonly writer: FrameWriter;
  readonly receiveWindow: ReceiveWindow;
  readonly #socket: Socket;
  readonly #output: Output;
  readonly #encoder: HpackEncoder;
  readonly #reader: FrameReader;
  readonly #keepAlive: KeepAlive;
  #waiting: ClientStream[] = [];
  #nextId = 1;
  #isReady = false;
  #isGoingAway = false;
  #isHungUp = false;

  constructor(socket: Socket, { limits, repeatedFields = [] }: ClientOptions = {}) {
    super();
    this.limits = { ...DEFAULT_LIMITS, ...limits };
    this.#socket = socket;
    socket.unref();
    this.isEncrypted = "encrypted" in socket;
    this.#output = new Output(socket, this.isEncrypted);
    this.flow = new SendFlow(this.#output, this.peer);
    this.pings = new Pings(this.#output);
    this.writer = new FrameWriter(this.#output);
    this.receiveWindow = new ReceiveWindow(Math.max(WINDOW_DEFAULT, this.limits.connectionWindow));
    this.#encoder = new HpackEncoder(4096, [...REPEATED_FIELDS, ...repeatedFields]);
    const inbound = new ClientInbound(this);
    this.#reader = new FrameReader(FRAME_SIZE_DEFAULT, (frame) => inbound.onFrame(frame));
    this.#keepAlive = this.#stayAlive();
    this.#listen();
    this.#greet();
  }

  /** Whether a further request makes sense. */
  get isOpen(): boolean {
    return !this.#isGoingAway && !this.#isHungUp;
  }

  get isReady(): boolean {
    return this.#isReady && this.isOpen;
  }

  /** Octets handed in that the kernel has not taken, beside those that wait for a window. */
  get waitingOctets(): number {
    return this.#output.waitingOctets;
  }

  /** Pseudo-headers first, names in lower case. The list may be used again for other requests. */
  open(fields: readonly HeaderField[], events: StreamEvents): ClientStream {
    const stream = new ClientStream(this, fields, this.limits.streamWindow, events);
    if (!this.isOpen)
      process.nextTick(() => stream.finish({ is: "unprocessed", reason: "the connection takes no more requests" }));
    else if (this.#waiting.length > 0 || !this.#hasRoom) this.#waiting.push(stream);
    else this.#begin(stream);
    return stream;
  }

  /**
   * Hands all that was written to the kernel, as far as it takes it, before this returns. Over TLS that holds once a turn of the event loop: what
   * is flushed after it goes with the next turn.
   */
  flush(): void {
    this.#output.flush();
  }

  /** No further requests; the connection ends with those that are open. */
  close(): void {
    this.#isGoingAway = true;
    this.#maybeFinish();
  }

  destroy(reason = "the connection was closed here"): void {
    this.#hangUp(ErrorCode.NO_ERROR, reason);
  }

  isIdle(streamId: number): boolean {
    return streamId >= this.#nextId;
  }

  sendData(queue: SendQueue, data: Uint8Array, endsStream: boolean): void {
    this.flow.send(queue, data, undefined, endsStream);
  }

  sendReset(streamId: number, code: number): void {
    this.writer.reset(streamId, code);
  }

  /** Octets of DATA were dealt with, or will not be: the windows open again. */
  giveBack(octets: number, stream: ClientStream | undefined): void {
    const forAll = this.receiveWindow.giveBack(octets);
    if (forAll > 0) this.writer.windowUpdate(0, forAll);
    const forStream = stream?.receiveWindow.giveBack(octets) ?? 0;
    if (stream && forStream > 0) this.writer.windowUpdate(stream.id, forStream);
  }

  onClosed(stream: ClientStream): void {
    if (stream.sendQueue) this.flow.forget(stream.sendQueue);
    this.streams.delete(stream);
    if (stream.id === 0) this.#waiting = this.#waiting.filter((other) => other !== stream);
    if (this.#waiting.length > 0) this.#beginWaiting();
    if (this.streams.size === 0) this.#socket.unref();
    this.#maybeFinish();
  }

  /** The server has new settings; false when they make a window overflow. */
  onPeerSettings(windowChange: number, isFirst: boolean): boolean {
    this.#encoder.resize(this.peer.headerTableSize);
    this.writer.acknowledgeSettings();
    const fits = this.streams
      .all()
      .every(({ sendQueue }) => !sendQueue || windowChange === 0 || this.flow.widenStream(sendQueue, windowChange));
    this.#beginWaiting();
    this.#isReady = true;
    if (isFirst) this.emit("ready");
    return fits;
  }

  /** What the server will not look at any more may be asked elsewhere; the rest it still answers. */
  onGoaway(lastStreamId: number, code: number, text: string): void {
    this.#isGoingAway = true;
    const reason = `the server goes away (${code}${text && `, ${text}`})`;
    this.emit("goaway");
    const passedOver = this.streams.all().filter(({ id }) => id > lastStreamId);
    for (const stream of [...this.#waiting.splice(0), ...passedOver]) stream.finish({ is: "unprocessed", reason });
    this.#maybeFinish();
  }

  get #hasRoom(): boolean {
    return this.streams.size < this.peer.concurrentStreamsMax;
  }

  #begin(stream: ClientStream): void {
    const id = this.#nextId;
    this.#nextId += 2;
    if (this.#nextId > STREAM_ID_LIMIT) this.#isGoingAway = true;
    this.writer.headers(id, this.#encoder.encodeFields(stream.fields), false);
    stream.begin(id, this.peer.initialWindow);
    this.streams.add(stream);
    if (this.streams.size === 1) this.#socket.ref();
  }

  #beginWaiting(): void {
    while (this.#waiting.length > 0 && this.#hasRoom && this.#nextId <= STREAM_ID_LIMIT && !this.#isHungUp)
      this.#begin(this.#waiting.shift() as ClientStream);
  }

  #maybeFinish(): void {
    if (this.#isGoingAway && this.streams.size === 0 && this.#waiting.length === 0)
      this.#hangUp(ErrorCode.NO_ERROR, "the connection has ended");
  }

  #listen(): void {
    const socket = this.#socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("drain", () => {
      this.#output.onDrain();
      this.flow.pump();
    });
    socket.on("error", (error) => {
      this.#hangUp(ErrorCode.NO_ERROR, error.message);
      socket.destroy();
    });
    socket.on("end", () => this.#hangUp(ErrorCode.NO_ERROR, "the server closed the connection"));
    socket.on("close", () => this.#hangUp(ErrorCode.NO_ERROR, "the connection is gone"));
  }

  #read(chunk: Buffer): void {
    if (this.#isHungUp) return;
    this.#keepAlive.onRead();
    const fault = this.#reader.read(chunk);
    if (fault?.costs === "connection") this.#fail(fault);
    else if (this.#output.waitingOctets > WAITING_OCTETS_MAX)
      this.#hangUp(ErrorCode.ENHANCE_YOUR_CALM, "the server does not read what it asks for");
  }

  #fail({ code, reason }: Fault): void {
    this.#hangUp(code, `the server breaks the protocol: ${reason}`);
  }

  #greet(): void {
    const { limits } = this;
    const settings = encodeSettings([
      [Setting.HEADER_TABLE_SIZE, limits.headerTableSize],
      [Setting.ENABLE_PUSH, 0],
      [Setting.INITIAL_WINDOW_SIZE, limits.streamWindow],
      [Setting.MAX_HEADER_LIST_SIZE, limits.headerListSizeMax],
    ]);
    this.#socket.write(PREFACE);
    this.writer.settings(settings);
    if (limits.connectionWindow > WINDOW_DEFAULT) this.writer.windowUpdate(0, limits.connectionWindow - WINDOW_DEFAULT);
    this.#output.flush();
  }

  #stayAlive(): KeepAlive {
    const { keepAliveMs: everyMs, keepAliveTimeoutMs: timeoutMs, keepsIdleAlive: whileIdle } = this.limits;
    const onSilence = () => {
      this.#hangUp(ErrorCode.NO_ERROR, "no sign of life");
      this.#socket.destroy();
    };
    return new KeepAlive({ everyMs, timeoutMs, whileIdle }, this.pings, () => this.streams.size === 0, onSilence);
  }

  /** What was written still goes out, but the peer's last words are not waited for longer than a moment. */
  #hangUp(code: number, reason: string): void {
    if (this.#isHungUp) return;
    this.#isHungUp = true;
    this.#reader.stop();
    this.#keepAlive.stop();
    this.pings.cancel();
    for (const stream of this.#waiting) stream.finish({ is: "unprocessed", reason });
    for (const stream of this.streams.all()) stream.finish({ is: "lost", reason });
    this.writer.goaway(0, code, Buffer.from(reason));
    this.#output.flush();
    this.#socket.end();
    this.#socket.resume();
    const linger = setTimeout(() => this.#socket.destroy(), LINGER_MS).unref();
    this.#socket.once("close", () => clearTimeout(linger));
    this.emit("close", reason);
  }
}
