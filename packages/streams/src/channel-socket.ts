import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";

const CONGESTED_BYTES = 1024 * 1024;
const DRAIN_CHECK_MS = 20;
/** Messages carry terminal input, pasted text and pieces of connections, not files larger than this. */
const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;

/** A WebSocket that carries numbered channels: the number is the first byte of each message, or a digit before base64 for browsers. */
export class ChannelSocket {
  onMessage: (channel: number, bytes: Buffer) => void = () => {};
  onClose: () => void = () => {};
  readonly #socket: WebSocket;
  readonly #isBase64: boolean;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    this.#isBase64 = socket.protocol.includes("base64");
    socket.on("message", (data: Buffer, isBinary) => this.#receive(data, isBinary));
    socket.on("close", () => this.onClose());
    socket.on("error", () => {});
  }

  /** Completes the handshake with the first of the protocols that the client offers, or with none. */
  static accept(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    protocols: readonly string[],
  ): Promise<ChannelSocket> {
    const server = new WebSocketServer({
      noServer: true,
      maxPayload: MAX_MESSAGE_BYTES,
      handleProtocols: (offered) => protocols.find((protocol) => offered.has(protocol)) ?? false,
    });
    return new Promise((resolve) => {
      server.handleUpgrade(request, socket, head, (webSocket) => resolve(new ChannelSocket(webSocket)));
    });
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  get isCongested(): boolean {
    return this.#socket.bufferedAmount > CONGESTED_BYTES;
  }

  whenDrained(callback: () => void): void {
    const look = () => {
      if (this.isCongested && this.#socket.readyState === WebSocket.OPEN) setTimeout(look, DRAIN_CHECK_MS);
      else callback();
    };
    look();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Nothing is sent once the socket closes. */
  send(channel: number, bytes: Uint8Array): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    if (this.#isBase64) this.#socket.send(String(channel) + Buffer.from(bytes).toString("base64"));
    else this.#socket.send(Buffer.concat([Buffer.of(channel), bytes]));
  }

  close(): void {
    this.#socket.close(1000);
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (data.length === 0) return;
    const isText = this.#isBase64 && !isBinary;
    const channel = isText ? (data[0] as number) - 0x30 : (data[0] as number);
    this.onMessage(channel, isText ? Buffer.from(data.subarray(1).toString("latin1"), "base64") : data.subarray(1));
  }
}
