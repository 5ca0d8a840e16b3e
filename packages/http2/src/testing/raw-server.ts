import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { ClientConnection, ClientOptions } from "../client/client-connection.ts";
import { openConnection } from "../client/open-connection.ts";
import { encodeFrame, Flag, FrameType, PREFACE, writeUint32 } from "../frame.ts";
import { FrameReader } from "../frame-reader.ts";
import { HpackEncoder } from "../hpack/encoder.ts";
import type { HeaderField } from "../hpack/static-table.ts";
import type { ReceivedFrame } from "./raw-client.ts";

/** A server of one client that says what it is told to say, frame by frame, right or wrong; keeps what comes. */
export class RawServer {
  readonly frames: ReceivedFrame[] = [];
  readonly encoder = new HpackEncoder();
  readonly #listener: Server;
  readonly #socket = Promise.withResolvers<Socket>();
  #connected: Socket | undefined;
  #wake = (): void => {};

  private constructor() {
    this.#listener = createServer((socket) => this.#accept(socket));
  }

  /** And a client that has its settings. */
  static async start(options: ClientOptions = {}): Promise<{ server: RawServer; client: ClientConnection }> {
    const server = new RawServer();
    server.#listener.listen(0, "127.0.0.1");
    await once(server.#listener, "listening");
    const { port } = server.#listener.address() as AddressInfo;
    server.#socket.promise.then(() => server.send(FrameType.SETTINGS, 0, 0));
    return { server, client: await openConnection({ host: "127.0.0.1", port, timeoutMs: 5000, ...options }) };
  }

  send(type: number, flags: number, streamId: number, payload: Uint8Array = Buffer.alloc(0)): void {
    this.#connected?.write(encodeFrame(type, flags, streamId, payload));
  }

  sendWord(type: number, streamId: number, word: number): void {
    const payload = Buffer.alloc(4);
    writeUint32(payload, 0, word);
    this.send(type, 0, streamId, payload);
  }

  headers(streamId: number, fields: readonly HeaderField[], flags: number = Flag.END_HEADERS): void {
    this.send(FrameType.HEADERS, flags, streamId, this.encoder.encodeFields(fields));
  }

  write(octets: Uint8Array): void {
    this.#connected?.write(octets);
  }

  async find(isWanted: (frame: ReceivedFrame) => boolean): Promise<ReceivedFrame> {
    for (;;) {
      const found = this.frames.find(isWanted);
      if (found) return found;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  hangUp(): void {
    this.#connected?.destroy();
  }

  stop(): void {
    this.hangUp();
    this.#listener.close();
  }

  #accept(socket: Socket): void {
    let left = PREFACE.length;
    const reader = new FrameReader(1 << 24, ({ type, flags, streamId, source, start, end }) => {
      this.frames.push({ type, flags, streamId, payload: Buffer.from(source.subarray(start, end)) });
      this.#wake();
      return undefined;
    });
    this.#connected = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      const skipped = Math.min(left, chunk.length);
      left -= skipped;
      if (skipped < chunk.length) reader.read(chunk.subarray(skipped));
    });
    socket.on("error", () => {});
    this.#socket.resolve(socket);
  }
}
