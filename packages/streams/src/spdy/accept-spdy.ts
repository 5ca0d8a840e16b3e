import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { SpdyConnection } from "./spdy-connection.ts";

const PROTOCOL_HEADER = "x-stream-protocol-version";

/** Whether a request asks to become SPDY: what kubectl up to 1.29 does, and later ones when WebSockets fail. */
export function wantsSpdy(request: IncomingMessage): boolean {
  return /^SPDY\/3\.1$/i.test(String(request.headers["upgrade"] ?? ""));
}

/** The stream protocol to speak: the first of `supported` that the client offers; undefined when there is none. */
export function negotiateStreamProtocol(request: IncomingMessage, supported: readonly string[]): string | undefined {
  const offered = offeredStreamProtocols(request);
  // A client that offers nothing speaks the oldest.
  if (offered.length === 0) return supported.at(-1);
  return supported.find((protocol) => offered.includes(protocol));
}

export function offeredStreamProtocols(request: IncomingMessage): string[] {
  return [request.headers[PROTOCOL_HEADER] ?? []]
    .flat()
    .flatMap((text) => text.split(","))
    .map((text) => text.trim())
    .filter((text) => text !== "");
}

/** Answers the upgrade; from here on the socket carries SPDY/3.1. */
export function acceptSpdy(socket: Duplex, head: Buffer, protocol: string): SpdyConnection {
  socket.write(
    [
      "HTTP/1.1 101 Switching Protocols",
      "Connection: Upgrade",
      "Upgrade: SPDY/3.1",
      `X-Stream-Protocol-Version: ${protocol}`,
      "\r\n",
    ].join("\r\n"),
  );
  return new SpdyConnection(socket, head);
}
