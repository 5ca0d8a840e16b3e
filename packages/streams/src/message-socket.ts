import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";

const CONGESTED_BYTES = 1024 * 1024;
/** What a client sends here is read and forgotten. */
const MAX_MESSAGE_BYTES = 1024 * 1024;

/** A WebSocket on which only the server has something to say, in whole messages. */
export class MessageSocket {
  onClose: () => void = () => {};
  /** Called when some of what was sent has gone out. */
  onSent: () => void = () => {};
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", () => {});
    socket.on("close", () => this.onClose());
    socket.on("error", () => {});
  }

  /** Completes the handshake; `protocol` is one of those that the client offers, or empty. */
  static accept(request: IncomingMessage, socket: Duplex, head: Buffer, protocol: string): Promise<MessageSocket> {
    const server = new WebSocketServer({
      noServer: true,
      maxPayload: MAX_MESSAGE_BYTES,
      handleProtocols: () => protocol || false,
    });
    return new Promise((resolve) => {
      server.handleUpgrade(request, socket, head, (webSocket) => resolve(new MessageSocket(webSocket)));
    });
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  get isCongested(): boolean {
    return this.#socket.bufferedAmount > CONGESTED_BYTES;
  }

  /** Nothing is sent once the socket closes. */
  send(bytes: Uint8Array, isText: boolean): void {
    if (this.isOpen) this.#socket.send(bytes, { binary: !isText }, () => this.onSent());
  }

  close(): void {
    this.#socket.close(1000);
  }

  /** Without a farewell. */
  destroy(): void {
    this.#socket.terminate();
  }
}

export function offeredSubprotocols({ headers }: IncomingMessage): string[] {
  const offered = headers["sec-websocket-protocol"] ?? "";
  return offered
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}
