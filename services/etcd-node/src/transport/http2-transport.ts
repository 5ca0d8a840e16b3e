import { once } from "node:events";
import { createServer, type Http2Session } from "node:http2";
import type { Socket } from "node:net";
import {
  type DirectGrpc,
  type GrpcSink,
  Http2Server,
  type Http2Stream,
  openGrpcSink,
  type RequestHeaders,
} from "@drydock/http2";
import type { Server } from "@grpc/grpc-js";
import type { HttpHandler } from "../http/exchange.ts";
import { type AnyHttp2Headers, type AnyHttp2Stream, serveHttp2Stream } from "./http2-exchange.ts";

/** Which HTTP/2 carries gRPC: our own, or node's. */
export const HTTP2_TRANSPORTS = ["own", "node"] as const;
export type Http2TransportName = (typeof HTTP2_TRANSPORTS)[number];

/** HTTP/2 on sockets that somebody else has accepted: gRPC for the gRPC server, everything else for the handler. */
export interface Http2Transport {
  /** `head` is what was already read. */
  accept(socket: Socket, head: Buffer): void;
  /** Connections end in peace within `graceMs`, and by force after. */
  close(graceMs: number): Promise<void>;
}

/** `direct` serves some of the gRPC server's methods in its place, where the transport is our own. */
export function createHttp2Transport(
  name: Http2TransportName,
  { grpcServer, direct, http = refuseHttp }: Http2Served,
): Http2Transport {
  const sink = grpcServer && openGrpcSink(grpcServer);
  return name === "own" ? createOwn(sink, http, direct) : createNode(sink, http);
}

interface Http2Served {
  readonly grpcServer?: Server;
  readonly direct?: DirectGrpc;
  readonly http?: HttpHandler;
}

/** What Go's gRPC says to whoever does not speak it. */
const refuseHttp: HttpHandler = async ({ headers }, response) => {
  const type = JSON.stringify(headers["content-type"] ?? "");
  response.begin(415, {
    "content-type": "application/grpc",
    "grpc-status": 3,
    "grpc-message": `invalid gRPC request content-type ${type}`,
  });
  response.end();
};

function createOwn(sink: GrpcSink | undefined, handler: HttpHandler, direct: DirectGrpc | undefined): Http2Transport {
  const server = new Http2Server();
  server.on("session", (session) => sink?.session(session));
  server.on("stream", (stream: Http2Stream, headers: RequestHeaders) => {
    if (!direct?.take(stream, headers)) route(sink, handler, stream, headers);
  });
  return {
    accept: (socket, head) => void server.accept(socket, head),
    close: (graceMs) => server.close(graceMs),
  };
}

/** The limits that grpc-js itself gives to node's server. */
const NODE_OPTIONS = {
  maxSendHeaderBlockLength: Number.MAX_SAFE_INTEGER,
  maxSessionMemory: Number.MAX_SAFE_INTEGER,
};

function createNode(sink: GrpcSink | undefined, handler: HttpHandler): Http2Transport {
  const server = createServer(NODE_OPTIONS);
  const sessions = new Set<Http2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
    session.on("error", () => {});
    sink?.session(session);
  });
  server.on("stream", (stream, headers) =>
    route(sink, handler, stream as unknown as AnyHttp2Stream, headers as AnyHttp2Headers),
  );
  return {
    accept(socket, head) {
      socket.unshift(head);
      server.emit("connection", socket);
    },
    close: (graceMs) => closeSessions(sessions, graceMs),
  };
}

async function closeSessions(sessions: ReadonlySet<Http2Session>, graceMs: number): Promise<void> {
  // The callback of close is lost on a session that is closing already.
  const closing = [...sessions].map((session) => once(session, "close"));
  for (const session of sessions) session.close();
  const timer = setTimeout(() => {
    for (const session of sessions) session.destroy();
  }, graceMs);
  await Promise.all(closing);
  clearTimeout(timer);
}

function route(
  sink: GrpcSink | undefined,
  handler: HttpHandler,
  stream: AnyHttp2Stream,
  headers: AnyHttp2Headers,
): void {
  const isGrpc = String(headers["content-type"] ?? "").startsWith("application/grpc");
  if (isGrpc && sink) sink.stream(stream, headers);
  else serveHttp2Stream(handler, stream, headers);
}
