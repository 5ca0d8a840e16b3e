import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { Http2Stream } from "../connection.ts";
import { encodeFrame, Flag, type Frame, FrameType, PREFACE, readUint31, readUint32, writeUint32 } from "../frame.ts";
import { FrameReader } from "../frame-reader.ts";
import { HpackDecoder } from "../hpack/decoder.ts";
import { HpackEncoder } from "../hpack/encoder.ts";
import type { HeaderField } from "../hpack/static-table.ts";
import type { Limits } from "../limits.ts";
import { Http2Server } from "../server.ts";

export const GET: readonly HeaderField[] = [
  [":method", "GET"],
  [":scheme", "http"],
  [":path", "/"],
  [":authority", "test"],
];
export const POST: readonly HeaderField[] = [[":method", "POST"], ...GET.slice(1)];

export interface ReceivedFrame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

/** So long may a server be silent that owes something; what goes on coming is waited for. */
const SILENCE_MS_MAX = 15_000;

/** A server on loopback that answers each request with 200 and its body when that is complete, and tells of its streams. */
export class EchoServer {
  readonly http2: Http2Server;
  readonly streams: Http2Stream[] = [];
  readonly #listener: Server;

  private constructor(limits: Partial<Limits>, onStream: ((stream: Http2Stream) => void) | undefined) {
    this.http2 = new Http2Server(limits);
    this.http2.on("stream", (stream: Http2Stream) => {
      this.streams.push(stream);
      (onStream ?? echo)(stream);
    });
    this.#listener = createServer((socket) => this.http2.accept(socket));
  }

  static async start(limits: Partial<Limits> = {}, onStream?: (stream: Http2Stream) => void): Promise<EchoServer> {
    const server = new EchoServer(limits, onStream);
    server.#listener.listen(0, "127.0.0.1");
    await once(server.#listener, "listening");
    return server;
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#listener.close(resolve));
    for (const { socket } of this.http2.connections) socket.destroy();
    await closed;
    await this.http2.close(0);
  }
}

export function echo(stream: Http2Stream): void {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("end", () => {
    stream.respond({ ":status": 200 });
    stream.end(Buffer.concat(chunks));
  });
  stream.resume();
}

/** Says what it is told to say, frame by frame, right or wrong; keeps what comes back. */
export class RawClient {
  readonly socket: Socket;
  readonly frames: ReceivedFrame[] = [];
  readonly encoder = new HpackEncoder();
  readonly decoder = new HpackDecoder(4096, 1 << 20);
  isClosed = false;
  #cameAtMs = performance.now();
  #wake = (): void => {};

  private constructor(port: number) {
    this.socket = connect(port, "127.0.0.1");
    const reader = new FrameReader(1 << 24, (frame) => this.#keep(frame));
    this.socket.on("data", (chunk) => reader.read(chunk as Buffer));
    this.socket.on("error", () => {});
    this.socket.on("close", () => {
      this.isClosed = true;
      this.#wake();
    });
  }

  /** Without a word said. */
  static async connect(port: number): Promise<RawClient> {
    const client = new RawClient(port);
    await once(client.socket, "connect");
    return client;
  }

  /** With the preface, settings and their acknowledgement exchanged. */
  static async open(port: number, settings: Uint8Array = Buffer.alloc(0)): Promise<RawClient> {
    const client = await RawClient.connect(port);
    client.write(PREFACE);
    client.send(FrameType.SETTINGS, 0, 0, settings);
    await client.find(({ type, flags }) => type === FrameType.SETTINGS && flags === Flag.ACK);
    client.send(FrameType.SETTINGS, Flag.ACK, 0);
    return client;
  }

  write(octets: Uint8Array): void {
    this.socket.write(octets);
  }

  send(type: number, flags: number, streamId: number, payload: Uint8Array = Buffer.alloc(0)): void {
    this.write(encodeFrame(type, flags, streamId, payload));
  }

  sendWord(type: number, streamId: number, word: number): void {
    const payload = Buffer.alloc(4);
    writeUint32(payload, 0, word);
    this.send(type, 0, streamId, payload);
  }

  headers(streamId: number, fields: readonly HeaderField[], flags: number = Flag.END_HEADERS | Flag.END_STREAM): void {
    this.send(FrameType.HEADERS, flags, streamId, this.encoder.encodeFields(fields));
  }

  /** Waits for a frame that is wanted, among those that came and those that come; fails with the connection. */
  async find(isWanted: (frame: ReceivedFrame) => boolean): Promise<ReceivedFrame> {
    let seen = 0;
    let found: ReceivedFrame | undefined;
    await this.until(() => {
      while (!found && seen < this.frames.length) {
        const frame = this.frames[seen++] as ReceivedFrame;
        if (isWanted(frame)) found = frame;
      }
      return found !== undefined;
    });
    return found as unknown as ReceivedFrame;
  }

  /** Waits for what the frames that came say together; asked once whenever something has come. */
  async until(isSo: () => boolean): Promise<void> {
    this.#cameAtMs = performance.now();
    while (!isSo()) {
      assert.ok(!this.isClosed, `the connection is closed; got ${this.#story()}`);
      this.#assertNotSilent("nothing comes");
      await this.#more();
    }
  }

  async status(streamId: number): Promise<string | undefined> {
    const { payload } = await this.find((frame) => frame.type === FrameType.HEADERS && frame.streamId === streamId);
    const block = this.decoder.decode(payload, 0, payload.length);
    return block.is === "fields" ? block.fields.find(([name]) => name === ":status")?.[1] : undefined;
  }

  /** The code of the stream's RST_STREAM. */
  async resetCode(streamId: number): Promise<number> {
    const frame = await this.find(({ type, streamId: id }) => type === FrameType.RST_STREAM && id === streamId);
    return readUint32(frame.payload, 0);
  }

  /** The code of the GOAWAY that ends the connection, which must follow. */
  async goawayCode(): Promise<number> {
    const frame = await this.find(({ type }) => type === FrameType.GOAWAY);
    await this.closed();
    return readUint32(frame.payload, 4);
  }

  async closed(): Promise<void> {
    this.#cameAtMs = performance.now();
    while (!this.isClosed) {
      this.#assertNotSilent("the connection stays open");
      await this.#more();
    }
  }

  /** A round trip: whatever was sent before has been judged, and left the connection alive. */
  async ping(): Promise<void> {
    const payload = Buffer.from(`ping${String(this.frames.length).padStart(4, "0")}`);
    this.send(FrameType.PING, 0, 0, payload);
    await this.find(
      ({ type, flags, payload: got }) => type === FrameType.PING && flags === Flag.ACK && got.equals(payload),
    );
  }

  body(streamId: number): Buffer {
    const data = this.frames.filter((frame) => frame.type === FrameType.DATA && frame.streamId === streamId);
    return Buffer.concat(data.map(({ payload }) => payload));
  }

  hasEnded(streamId: number): boolean {
    return this.frames.some(
      (frame) =>
        frame.streamId === streamId && frame.type <= FrameType.HEADERS && (frame.flags & Flag.END_STREAM) !== 0,
    );
  }

  windowUpdates(streamId: number): number {
    const updates = this.frames.filter(
      (frame) => frame.type === FrameType.WINDOW_UPDATE && frame.streamId === streamId,
    );
    return updates.reduce((sum, { payload }) => sum + readUint31(payload, 0), 0);
  }

  close(): void {
    this.socket.destroy();
  }

  #keep({ type, flags, streamId, source, start, end }: Frame): undefined {
    this.frames.push({ type, flags, streamId, payload: Buffer.from(source.subarray(start, end)) });
    this.#cameAtMs = performance.now();
    this.#wake();
  }

  #assertNotSilent(what: string): void {
    assert.ok(performance.now() - this.#cameAtMs < SILENCE_MS_MAX, `${what}; got ${this.#story()}`);
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, 100);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #story(): string {
    const last = this.frames.slice(-20);
    return last.map(({ type, flags, streamId }) => `${type}/${flags}/${streamId}`).join(" ");
  }
}
