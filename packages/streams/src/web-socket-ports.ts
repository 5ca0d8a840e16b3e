import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { ChannelSocket } from "./channel-socket.ts";
import type { ForwardCarrier, ForwardedConnection, ForwardedStream } from "./forwarded-connection.ts";

/** Newest first. */
const protocols = ["v4.channel.k8s.io", "v4.binary.channel.k8s.io", "v4.base64.channel.k8s.io"] as const;

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
export async function acceptWebSocketPorts(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  ports: readonly number[],
): Promise<{ carrier: ForwardCarrier; connections: ForwardedConnection[] }> {
  const carrier = await ChannelSocket.accept(request, socket, head, protocols);
  const streams: PortStream[] = [];
  const closeIfDone = () => {
    if (streams.every(({ isEnded }) => isEnded)) carrier.close();
  };
  const open = (channel: number, port: number): PortStream => {
    const stream = new PortStream((bytes) => carrier.send(channel, bytes), closeIfDone);
    streams[channel] = stream;
    stream.write(Buffer.of(port & 0xff, port >> 8));
    return stream;
  };
  const connections = ports.map((port, index) => ({
    port,
    data: open(index * 2, port),
    error: open(index * 2 + 1, port),
  }));
  carrier.onMessage = (channel, bytes) => {
    // Nobody has anything to say about errors but we.
    if (channel % 2 === 0) streams[channel]?.onData(bytes);
  };
  carrier.onClose = () => {
    for (const stream of streams) stream.onEnd();
  };
  return { carrier, connections };
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
