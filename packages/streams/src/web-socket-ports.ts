import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";
import type { ForwardCarrier, ForwardedConnection, ForwardedStream } from "./forwarded-connection.ts";

/** Newest first; none at all is taken for the first. */
const protocols = ["v4.channel.k8s.io", "v4.binary.channel.k8s.io", "v4.base64.channel.k8s.io"] as const;
const CONGESTED_BYTES = 1024 * 1024;
const DRAIN_CHECK_MS = 20;
const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;

/** Whether a client that upgrades to a WebSocket wants channels, as clients before SPDY tunnels do, and which ports. */
export function portsOfWebSocket(request: IncomingMessage, query: URLSearchParams): number[] | undefined {
  if (request.headers.upgrade?.toLowerCase() !== "websocket") return undefined;
  const ports = query
    .getAll("ports")
    .flatMap((text) => text.split(","))
    .map(Number);
  return ports.every((port) => Number.isInteger(port) && port > 0 && port < 65_536) && ports.length > 0
    ? ports
    : undefined;
}

/**
 * Completes the handshake and hands each port on: channel 2n carries its data and channel 2n+1 its errors, both beginning with the port,
 * two octets, the low one first. One connection to a port for each WebSocket.
 */
export function acceptWebSocketPorts(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  ports: readonly number[],
): Promise<{ carrier: ForwardCarrier; connections: ForwardedConnection[] }> {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols: (offered) => protocols.find((protocol) => offered.has(protocol)) ?? false,
  });
  return new Promise((resolve) => {
    server.handleUpgrade(request, socket, head, (webSocket) => {
      const carrier = new PortCarrier(webSocket);
      resolve({ carrier, connections: ports.map((port, index) => carrier.open(port, index)) });
    });
  });
}

class PortCarrier implements ForwardCarrier {
  readonly #socket: WebSocket;
  readonly #isBase64: boolean;
  readonly #streams: PortStream[] = [];

  constructor(socket: WebSocket) {
    this.#socket = socket;
    this.#isBase64 = socket.protocol.includes("base64");
    socket.on("message", (data: Buffer, isBinary) => this.#receive(data, isBinary));
    socket.on("close", () => {
      for (const stream of this.#streams) stream.onEnd();
    });
    socket.on("error", () => {});
  }

  open(port: number, index: number): ForwardedConnection {
    const announcement = Buffer.of(port & 0xff, port >> 8);
    const [data, error] = [index * 2, index * 2 + 1].map((channel) => {
      const stream = new PortStream(
        (bytes) => this.#send(channel, bytes),
        () => this.#closeIfDone(),
      );
      this.#streams[channel] = stream;
      stream.write(announcement);
      return stream;
    }) as [PortStream, PortStream];
    return { port, data, error };
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

  #closeIfDone(): void {
    if (this.#streams.every(({ isEnded }) => isEnded)) this.#socket.close(1000);
  }

  #send(channel: number, bytes: Uint8Array): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    if (this.#isBase64) this.#socket.send(String(channel) + Buffer.from(bytes).toString("base64"));
    else this.#socket.send(Buffer.concat([Buffer.of(channel), bytes]));
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (data.length === 0) return;
    const isText = this.#isBase64 && !isBinary;
    const channel = isText ? (data[0] as number) - 0x30 : (data[0] as number);
    const bytes = isText ? Buffer.from(data.subarray(1).toString("latin1"), "base64") : data.subarray(1);
    // Nobody has anything to say about errors but we.
    if (channel % 2 === 0) this.#streams[channel]?.onData(bytes);
  }
}

class PortStream implements ForwardedStream {
  onData: (bytes: Buffer) => void = () => {};
  onEnd: () => void = () => {};
  isEnded = false;
  readonly write: (bytes: Uint8Array) => void;
  readonly #onEnded: () => void;

  constructor(write: (bytes: Uint8Array) => void, onEnded: () => void) {
    this.write = write;
    this.#onEnded = onEnded;
  }

  end(): void {
    this.isEnded = true;
    this.#onEnded();
  }
}
