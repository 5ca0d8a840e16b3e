import { connect, type OnReadOpts, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { IdTable } from "@drydock/base";
import {
  encodeFrame,
  Flag,
  FRAME_HEADER_LENGTH,
  type Frame,
  FrameReader,
  FrameType,
  type HeaderField,
  HpackDecoder,
  HpackEncoder,
  PREFACE,
  readUint31,
  readUint32,
  writeFrameHeader,
  writeUint32,
} from "@drydock/http2";
import { MESSAGE_PREFIX_LENGTH, MessageReader, writeMessagePrefix } from "./message-reader.ts";
import { SendBuffer } from "./send-buffer.ts";

const FRAME_SIZE = 16_384;
const READ_OCTETS = 1024 * 1024;
/** Of connections that are closed: each load opens some, and what they read into would be garbage to collect while the next load runs. */
const spareMemory: Buffer[] = [];
/** With less room than this behind what was read last, reading begins anew at the front. */
const READ_ROOM_MIN = 256 * 1024;
const WINDOW = 0x3fff_ffff;
const WINDOW_MIN = 0x2000_0000;
const SETTING_INITIAL_WINDOW = 4;

/** How a stream ended: `0` is OK; `rst-<code>`, `http-<status>` and `lost` are not statuses of gRPC. */
export type EndStatus = string;

export interface StreamEvents {
  /** DATA as it comes, not cut into messages. It is there for the call only. Who only counts asks for `octetsReceived`. */
  onData?(chunk: Buffer): void;
  /** Each message, without its prefix; there for the call only. */
  onMessage?(message: Buffer): void;
  onEnd(status: EndStatus): void;
}

export interface LoadStream {
  /** Sends one message, and with `isLast` half-closes. */
  send(message: Uint8Array, isLast?: boolean): void;
  cancel(): void;
}

/** Who the server must be, and who we are; PEM. */
export interface LoadIdentity {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

interface OpenStream {
  readonly id: number;
  readonly events: StreamEvents;
  readonly messages: MessageReader | undefined;
  /** Of the headers, once they are here. */
  status: EndStatus | undefined;
  window: number;
  received: number;
}

/**
 * The client side of one HTTP/2 connection, for gRPC or for plain requests, as cheap as it gets: no deadlines, no retries, no validation of what the server sends.
 * Requests are never held back by the server's limit of concurrent streams; windows are honoured.
 */
export class LoadConnection {
  readonly #socket: Socket;
  readonly #out: SendBuffer;
  readonly #encoder = new HpackEncoder(4096, [":path", ":authority", "content-type", "te", "user-agent"]);
  readonly #decoder = new HpackDecoder(4096, 1 << 20);
  readonly #reader = new FrameReader(FRAME_SIZE, (frame) => this.#onFrame(frame));
  readonly #streams = new IdTable<OpenStream>();
  readonly #waiting: { id: number; data: Uint8Array; flags: number }[] = [];
  readonly #headers: (path: string) => readonly HeaderField[];
  /** Of heads that leave the table alone, by path. */
  readonly #heads = new Map<string, Uint8Array>();
  readonly #statuses = new Map<string, string | undefined>();
  #statusesRevision = 0;
  #nextId = 1;
  #window = 65_535;
  #initialWindow = 65_535;
  #received = 0;
  #fragments: Buffer[] = [];
  #isLastBlock = false;
  /** Of all DATA so far. */
  octetsReceived = 0;

  private constructor(socket: Socket, headers: (path: string) => readonly HeaderField[]) {
    this.#socket = socket;
    this.#out = new SendBuffer(socket);
    this.#headers = headers;
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.on("close", () => this.#endAll());
    this.#greet();
  }

  /** `target` is host:port; `metadata` goes with every call of gRPC. Plain TCP without an identity, TLS with one. */
  static async open(
    target: string,
    metadata: Readonly<Record<string, string>> = {},
    identity?: LoadIdentity,
  ): Promise<LoadConnection> {
    const { hostname: host, port } = new URL(`http://${target}`);
    const to = { host, port: Number(port) };
    let read: (frames: Buffer) => void = () => {};
    const memory = identity ? undefined : (spareMemory.pop() ?? Buffer.allocUnsafeSlow(READ_OCTETS));
    const socket = memory
      ? connect({ ...to, onread: intoOnePlace(memory, (frames) => read(frames)) })
      : connectTls({ ...to, ...identity, ALPNProtocols: ["h2"] });
    if (memory) socket.once("close", () => spareMemory.push(memory));
    const event = identity ? "secureConnect" : "connect";
    await new Promise<void>((resolve, reject) => socket.once(event, () => resolve()).once("error", reject));
    const headers = (path: string): readonly HeaderField[] => [
      [":method", "POST"],
      [":scheme", "http"],
      [":path", path],
      [":authority", target],
      ["content-type", "application/grpc"],
      ["te", "trailers"],
      ...Object.entries(metadata),
    ];
    const connection = new LoadConnection(socket, headers);
    read = (frames) => connection.#reader.read(frames);
    if (identity) socket.on("data", read);
    return connection;
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  /** Sends the whole request; `events.onEnd` comes once. */
  unary(path: string, message: Uint8Array, events: StreamEvents): void {
    const messages = events.onMessage && new MessageReader((part) => events.onMessage?.(part));
    this.#sendMessage(this.#begin(this.#headOf(path), Flag.END_HEADERS, events, messages), message, true);
  }

  stream(path: string, events: StreamEvents): LoadStream {
    const messages = events.onMessage && new MessageReader((message) => events.onMessage?.(message));
    const id = this.#begin(this.#headOf(path), Flag.END_HEADERS, events, messages);
    return {
      send: (message, isLast = false) => this.#sendMessage(id, message, isLast),
      cancel: () => this.#cancel(id),
    };
  }

  /** A request that is none of gRPC's: all its header fields, and its body if it has one. The returned function gives it up. */
  request(fields: readonly HeaderField[], body: Uint8Array | undefined, events: StreamEvents): () => void {
    const flags = body ? Flag.END_HEADERS : Flag.END_HEADERS | Flag.END_STREAM;
    const id = this.#begin(this.#encoder.encodeFields(fields), flags, events, undefined);
    if (body) this.#send(id, body, true);
    return () => this.#cancel(id);
  }

  /** A block that is the same twice has changed nothing, and will be the same again. */
  #headOf(path: string): Uint8Array {
    const known = this.#heads.get(path);
    if (known) return known;
    const fields = this.#headers(path);
    const first = Buffer.from(this.#encoder.encodeFields(fields));
    const second = this.#encoder.encodeFields(fields);
    if (first.equals(second)) this.#heads.set(path, first);
    return first;
  }

  #begin(head: Uint8Array, flags: number, events: StreamEvents, messages: MessageReader | undefined): number {
    const id = this.#nextId;
    this.#nextId += 2;
    this.#streams.add({ id, events, messages, status: undefined, window: this.#initialWindow, received: 0 });
    this.#frame(FrameType.HEADERS, flags, id, head);
    return id;
  }

  #cancel(id: number): void {
    const stream = this.#streams.get(id);
    if (stream) this.#streams.delete(stream);
    this.#frame(FrameType.RST_STREAM, 0, id, Buffer.from([0, 0, 0, 8]));
  }

  close(): void {
    this.#socket.destroy();
  }

  #greet(): void {
    const settings = Buffer.alloc(6);
    settings[1] = SETTING_INITIAL_WINDOW;
    settings.writeUInt32BE(WINDOW, 2);
    this.#out.append(PREFACE);
    this.#out.append(encodeFrame(FrameType.SETTINGS, 0, 0, settings));
    this.#credit(0, WINDOW - 65_535);
  }

  #frame(type: number, flags: number, id: number, payload: Uint8Array): void {
    const { target, at } = this.#out.reserve(FRAME_HEADER_LENGTH + payload.length);
    target.set(payload, writeFrameHeader(target, at, payload.length, type, flags, id));
  }

  #credit(id: number, octets: number): void {
    const { target, at } = this.#out.reserve(FRAME_HEADER_LENGTH + 4);
    writeUint32(target, writeFrameHeader(target, at, 4, FrameType.WINDOW_UPDATE, 0, id), octets);
  }

  #sendMessage(id: number, message: Uint8Array, isLast: boolean): void {
    const length = MESSAGE_PREFIX_LENGTH + message.length;
    const stream = this.#streams.get(id);
    if (!stream) return;
    const fits = length <= Math.min(FRAME_SIZE, this.#window, stream.window) && this.#waiting.length === 0;
    if (!fits) {
      const framed = Buffer.allocUnsafe(length);
      framed.set(message, writeMessagePrefix(framed, 0, message.length));
      return this.#send(id, framed, isLast);
    }
    this.#window -= length;
    stream.window -= length;
    const { target, at } = this.#out.reserve(FRAME_HEADER_LENGTH + length);
    const content = writeFrameHeader(target, at, length, FrameType.DATA, isLast ? Flag.END_STREAM : 0, id);
    target.set(message, writeMessagePrefix(target, content, message.length));
  }

  #send(id: number, octets: Uint8Array, isLast: boolean): void {
    for (let at = 0; at < octets.length; at += FRAME_SIZE) {
      const data = octets.subarray(at, at + FRAME_SIZE);
      const flags = isLast && at + FRAME_SIZE >= octets.length ? Flag.END_STREAM : 0;
      if (this.#waiting.length > 0 || !this.#sendNow(id, data, flags)) this.#waiting.push({ id, data, flags });
    }
  }

  #sendNow(id: number, data: Uint8Array, flags: number): boolean {
    const stream = this.#streams.get(id);
    if (!stream) return true;
    if (data.length > this.#window || data.length > stream.window) return false;
    this.#window -= data.length;
    stream.window -= data.length;
    this.#frame(FrameType.DATA, flags, id, data);
    return true;
  }

  #sendWaiting(): void {
    while (this.#waiting[0] && this.#sendNow(this.#waiting[0].id, this.#waiting[0].data, this.#waiting[0].flags))
      this.#waiting.shift();
  }

  #onFrame(frame: Frame): undefined {
    const { type, flags, streamId, source, start, end } = frame;
    if (type === FrameType.DATA) this.#onData(frame);
    else if (type === FrameType.HEADERS || type === FrameType.CONTINUATION) this.#onHeaders(frame);
    else if (type === FrameType.WINDOW_UPDATE) this.#onWindow(streamId, readUint31(source, start));
    else if (type === FrameType.SETTINGS && !(flags & Flag.ACK)) this.#onSettings(frame);
    else if (type === FrameType.PING && !(flags & Flag.ACK))
      this.#frame(FrameType.PING, Flag.ACK, 0, source.subarray(start, end));
    else if (type === FrameType.RST_STREAM) this.#end(streamId, `rst-${readUint32(source, start)}`);
    return undefined;
  }

  #onData({ streamId: id, flags, source, start, end }: Frame): void {
    const octets = end - start;
    this.octetsReceived += octets;
    this.#received += octets;
    if (this.#received > WINDOW_MIN) {
      this.#credit(0, this.#received);
      this.#received = 0;
    }
    const stream = this.#streams.get(id);
    if (!stream) return;
    stream.received += octets;
    if (stream.received > WINDOW_MIN) {
      this.#credit(id, stream.received);
      stream.received = 0;
    }
    stream.events.onData?.(source.subarray(start, end));
    stream.messages?.read(source.subarray(start, end));
    if (flags & Flag.END_STREAM) this.#end(id, stream.status ?? "http-?");
  }

  #onHeaders({ type, flags, streamId, source, start, end }: Frame): void {
    if (type === FrameType.HEADERS) this.#isLastBlock = (flags & Flag.END_STREAM) !== 0;
    if (!(flags & Flag.END_HEADERS) || this.#fragments.length > 0) {
      this.#fragments.push(Buffer.from(source.subarray(start, end)));
      if (!(flags & Flag.END_HEADERS)) return;
      const block = Buffer.concat(this.#fragments);
      this.#fragments = [];
      this.#onBlock(streamId, block, 0, block.length);
    } else this.#onBlock(streamId, source, start, end);
  }

  #onBlock(id: number, source: Buffer, start: number, end: number): void {
    const status = this.#statusOf(source, start, end);
    const stream = this.#streams.get(id);
    if (stream) stream.status = status;
    if (this.#isLastBlock) this.#end(id, status ?? "http-?");
  }

  /** Blocks that leave the table alone mean the same as long as the table does. */
  #statusOf(source: Buffer, start: number, end: number): string | undefined {
    const key = source.toString("latin1", start, end);
    if (this.#statusesRevision === this.#decoder.table.revision && this.#statuses.has(key))
      return this.#statuses.get(key);
    const block = this.#decoder.decode(source, start, end);
    const fields = new Map(block.is === "fields" ? block.fields : []);
    const status = fields.get("grpc-status") ?? (fields.has(":status") ? `http-${fields.get(":status")}` : undefined);
    if (this.#statusesRevision !== this.#decoder.table.revision || this.#statuses.size > 64) this.#statuses.clear();
    else this.#statuses.set(key, status);
    this.#statusesRevision = this.#decoder.table.revision;
    return status;
  }

  #onWindow(id: number, octets: number): void {
    const stream = this.#streams.get(id);
    if (id === 0) this.#window += octets;
    else if (stream) stream.window += octets;
    this.#sendWaiting();
  }

  #onSettings({ source, start, end }: Frame): void {
    for (let at = start; at + 6 <= end; at += 6) {
      const value = readUint32(source, at + 2);
      const setting = ((source[at] as number) << 8) | (source[at + 1] as number);
      if (setting === 1) this.#encoder.resize(value);
      if (setting === 1) this.#heads.clear();
      if (setting !== SETTING_INITIAL_WINDOW) continue;
      for (const stream of this.#streams.all()) stream.window += value - this.#initialWindow;
      this.#initialWindow = value;
    }
    this.#frame(FrameType.SETTINGS, Flag.ACK, 0, Buffer.alloc(0));
    this.#sendWaiting();
  }

  #end(id: number, status: EndStatus): void {
    const stream = this.#streams.get(id);
    if (!stream) return;
    this.#streams.delete(stream);
    stream.events.onEnd(status);
  }

  #endAll(): void {
    for (const { id } of this.#streams.all()) this.#end(id, "lost");
  }
}

/**
 * What is read lies in the same memory each time, and a frame that is cut is kept there until the rest comes behind it: a client that wants to cost
 * little has no garbage for each chunk. `read` is given whole frames.
 */
function intoOnePlace(memory: Buffer, read: (frames: Buffer) => void): OnReadOpts {
  let start = 0;
  let end = 0;
  return {
    buffer: () => memory.subarray(end),
    callback: (octets) => {
      end += octets;
      const whole = endOfWholeFrames(memory, start, end);
      if (whole > start) read(memory.subarray(start, whole));
      start = whole;
      if (READ_OCTETS - end >= READ_ROOM_MIN) return true;
      memory.copyWithin(0, start, end);
      end -= start;
      start = 0;
      return true;
    },
  };
}

function endOfWholeFrames(source: Buffer, start: number, end: number): number {
  let at = start;
  while (end - at >= FRAME_HEADER_LENGTH) {
    const next = at + FRAME_HEADER_LENGTH + source.readUIntBE(at, 3);
    if (next > end) break;
    at = next;
  }
  return at;
}
