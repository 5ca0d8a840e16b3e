import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type ChannelConnection, parseTerminalSize } from "./channel-connection.ts";
import { ChannelSocket } from "./channel-socket.ts";

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

/** Completes the WebSocket handshake of an exec or attach request. */
export async function acceptWebSocketChannels(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<ChannelConnection> {
  return new WebSocketChannels(await ChannelSocket.accept(request, socket, head, channelProtocols));
}

class WebSocketChannels implements ChannelConnection {
  onStdin: (data: Buffer) => void = () => {};
  onStdinClosed: () => void = () => {};
  onResize: (width: number, height: number) => void = () => {};
  onClose: () => void = () => {};
  readonly #socket: ChannelSocket;
  /** v4 and later tell the outcome as a Status; older ones as text, and only failures. */
  readonly #hasStatus: boolean;

  constructor(socket: ChannelSocket) {
    this.#socket = socket;
    this.#hasStatus = /^v[45]\./.test(socket.protocol);
    socket.onMessage = (channel, bytes) => this.#receive(channel, bytes);
    socket.onClose = () => this.onClose();
  }

  get isCongested(): boolean {
    return this.#socket.isCongested;
  }

  whenDrained(callback: () => void): void {
    this.#socket.whenDrained(callback);
  }

  pauseInput(): void {
    this.#socket.pause();
  }

  resumeInput(): void {
    this.#socket.resume();
  }

  sendStdout(data: Uint8Array): void {
    this.#socket.send(CHANNEL.stdout, data);
  }

  sendStderr(data: Uint8Array): void {
    this.#socket.send(CHANNEL.stderr, data);
  }

  sendStatus(status: object): void {
    if (this.#hasStatus) this.#socket.send(CHANNEL.error, Buffer.from(JSON.stringify(status)));
    else if ("message" in status) this.#socket.send(CHANNEL.error, Buffer.from(String(status.message)));
  }

  close(): void {
    this.#socket.close();
  }

  #receive(channel: number, bytes: Buffer): void {
    if (channel === CHANNEL.stdin) this.onStdin(bytes);
    else if (channel === CHANNEL.resize) this.#resize(bytes);
    else if (channel === CHANNEL.close && bytes[0] === CHANNEL.stdin) this.onStdinClosed();
  }

  #resize(payload: Buffer): void {
    const size = parseTerminalSize(payload.toString("utf8"));
    if (size) this.onResize(size.width, size.height);
  }
}
