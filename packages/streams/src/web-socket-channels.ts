import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";
import { type ChannelConnection, parseTerminalSize } from "./channel-connection.ts";

/** The channels of Kubernetes' remote-command protocol over WebSocket; the number is the first byte of each message. */
const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** Newest first. v5 adds the closing of single channels; base64 ones are for browsers. */
const channelProtocols = [
  "v5.channel.k8s.io",
  "v4.channel.k8s.io",
  "v3.channel.k8s.io",
  "v2.channel.k8s.io",
  "channel.k8s.io",
  "v4.base64.channel.k8s.io",
  "base64.channel.k8s.io",
] as const;

const CONGESTED_BYTES = 1024 * 1024;
const DRAIN_CHECK_MS = 20;
/** Channel messages carry terminal input and pasted text, not files larger than this. */
const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;

/** Completes the WebSocket handshake of an exec or attach request. */
export function acceptWebSocketChannels(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<ChannelConnection> {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols: (offered) => channelProtocols.find((protocol) => offered.has(protocol)) ?? false,
  });
  return new Promise((resolve) => {
    server.handleUpgrade(request, socket, head, (webSocket) => resolve(new WebSocketChannels(webSocket)));
  });
}

class WebSocketChannels implements ChannelConnection {
  onStdin: (data: Buffer) => void = () => {};
  onStdinClosed: () => void = () => {};
  onResize: (width: number, height: number) => void = () => {};
  onClose: () => void = () => {};
  readonly #socket: WebSocket;
  readonly #isBase64: boolean;
  /** v4 and later tell the outcome as a Status; older ones as text, and only failures. */
  readonly #hasStatus: boolean;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    this.#isBase64 = socket.protocol.includes("base64");
    this.#hasStatus = /^v[45]\./.test(socket.protocol);
    socket.on("message", (data: Buffer, isBinary) => this.#receive(data, isBinary));
    socket.on("close", () => this.onClose());
    socket.on("error", () => {});
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

  pauseInput(): void {
    this.#socket.pause();
  }

  resumeInput(): void {
    this.#socket.resume();
  }

  sendStdout(data: Uint8Array): void {
    this.#send(CHANNEL.stdout, data);
  }

  sendStderr(data: Uint8Array): void {
    this.#send(CHANNEL.stderr, data);
  }

  sendStatus(status: object): void {
    if (this.#hasStatus) this.#send(CHANNEL.error, Buffer.from(JSON.stringify(status)));
    else if ("message" in status) this.#send(CHANNEL.error, Buffer.from(String(status.message)));
  }

  close(): void {
    this.#socket.close(1000);
  }

  #send(channel: number, data: Uint8Array): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    if (this.#isBase64) this.#socket.send(String(channel) + Buffer.from(data).toString("base64"));
    else this.#socket.send(Buffer.concat([Buffer.of(channel), data]));
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (data.length === 0) return;
    const channel = this.#isBase64 && !isBinary ? (data[0] as number) - 0x30 : (data[0] as number);
    const payload =
      this.#isBase64 && !isBinary ? Buffer.from(data.subarray(1).toString("latin1"), "base64") : data.subarray(1);
    if (channel === CHANNEL.stdin) this.onStdin(payload);
    else if (channel === CHANNEL.resize) this.#resize(payload);
    else if (channel === CHANNEL.close && payload[0] === CHANNEL.stdin) this.onStdinClosed();
  }

  #resize(payload: Buffer): void {
    const size = parseTerminalSize(payload.toString("utf8"));
    if (size) this.onResize(size.width, size.height);
  }
}
