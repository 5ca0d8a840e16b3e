import type { IncomingMessage } from "node:http";
import { MessageSocket, offeredSubprotocols } from "@drydock/streams";
import { type Exchange, headerOf, type Upgrade } from "./exchange.ts";
import type { WatchOutput } from "./watch-output.ts";

/** The connection of a client that wants to go on over a WebSocket. */
export function webSocketUpgrade({ upgrade, request }: Exchange): Upgrade | undefined {
  return headerOf(request, "upgrade").toLowerCase() === "websocket" ? upgrade : undefined;
}

/**
 * Completes the handshake of a watch as Go's plain handler does: whoever comes from nowhere is refused, and one protocol is agreed to whatever it is.
 * Undefined when there is no agreement; the client has been told.
 */
export async function acceptWatchSocket(exchange: Exchange, upgrade: Upgrade): Promise<MessageSocket | undefined> {
  const request = exchange.request as IncomingMessage;
  const offered = offeredSubprotocols(request);
  if (headerOf(request, "origin") === "") return refuse(exchange, 403);
  if (offered.length > 1) return refuse(exchange, 400);
  return MessageSocket.accept(request, upgrade.socket, upgrade.head, offered[0] ?? "");
}

/** How bytes go through a stream's socket: as they are, or in base64 for those who cannot read others. */
const streamProtocols: ReadonlySet<string> = new Set(["binary.k8s.io", "base64.binary.k8s.io"]);

/** A stream of bytes in messages; an empty one comes first. `send` wants to be waited for when the client is slow. */
export interface ByteSocket {
  readonly socket: MessageSocket;
  send(bytes: Uint8Array): Promise<void> | void;
}

export async function acceptByteSocket(exchange: Exchange, upgrade: Upgrade): Promise<ByteSocket | undefined> {
  const request = exchange.request as IncomingMessage;
  const offered = offeredSubprotocols(request);
  const protocol = offered.find((name) => streamProtocols.has(name)) ?? "";
  if (protocol === "" && offered.length > 0) return refuse(exchange, 403);
  const socket = await MessageSocket.accept(request, upgrade.socket, upgrade.head, protocol);
  const isText = protocol.startsWith("base64.");
  const send = (bytes: Uint8Array) => {
    socket.send(isText ? Buffer.from(Buffer.from(bytes).toString("base64")) : bytes, isText);
    if (!socket.isCongested) return;
    return new Promise<void>((resolve) => {
      socket.onSent = () => {
        if (!socket.isCongested || !socket.isOpen) resolve();
      };
    });
  };
  send(new Uint8Array());
  return { socket, send };
}

function refuse({ response }: Exchange, code: number): undefined {
  response.statusCode = code;
  response.end();
  return undefined;
}

/** Each of those pushed becomes a message. */
export function createWebSocketOutput(
  socket: MessageSocket,
  isText: boolean,
  onWritten: (bytes: Buffer) => void,
): WatchOutput {
  let pending: (() => Buffer)[] = [];
  let at = 0;
  let isEnding = false;
  const flush = () => {
    while (at < pending.length && !socket.isCongested && socket.isOpen) {
      const bytes = (pending[at++] as () => Buffer)();
      onWritten(bytes);
      socket.send(bytes, isText);
    }
    if (at < pending.length) return;
    pending = [];
    at = 0;
    if (isEnding) socket.close();
  };
  socket.onSent = () => {
    if (at < pending.length) flush();
  };
  return {
    push(make) {
      pending.push(make);
      flush();
    },
    get waiting() {
      return pending.length - at;
    },
    end() {
      isEnding = true;
      flush();
    },
    destroy: () => socket.destroy(),
  };
}
