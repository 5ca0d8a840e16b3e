import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { createWebSocketStream, WebSocketServer } from "ws";
import { SpdyConnection } from "./spdy-connection.ts";

const TUNNEL_PREFIX = "SPDY/3.1+";
const MESSAGE_BYTES_MAX = 32 * 1024 * 1024;

/** Whether a WebSocket request means to carry SPDY with this protocol inside (KEP-4006): port-forward since kubectl 1.31. */
export function wantsSpdyTunnel(request: IncomingMessage, protocol: string): boolean {
  const offered = String(request.headers["sec-websocket-protocol"] ?? "").split(",");
  return offered.some((name) => name.trim() === `${TUNNEL_PREFIX}${protocol}`);
}

/** Completes the WebSocket handshake; its binary messages are the bytes of a SPDY connection. */
export function acceptSpdyTunnel(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  protocol: string,
): Promise<SpdyConnection> {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: MESSAGE_BYTES_MAX,
    handleProtocols: () => `${TUNNEL_PREFIX}${protocol}`,
  });
  return new Promise((resolve) => {
    server.handleUpgrade(request, socket, head, (webSocket) =>
      resolve(new SpdyConnection(createWebSocketStream(webSocket), Buffer.alloc(0))),
    );
  });
}
