import { createServer as createHttp1, type IncomingMessage, ServerResponse } from "node:http";
import {
  createServer as createHttp2,
  Http2ServerRequest,
  Http2ServerResponse,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { createServer as createTls } from "node:tls";
import type { TlsMaterial } from "@drydock/component";
import { openGrpcSink } from "@drydock/http2";
import type { Server as GrpcServer } from "@grpc/grpc-js";
import type { NodeExchange } from "./node-exchange.ts";

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsMaterial;
  readonly grpc: GrpcServer;
  /** What is not gRPC. */
  readonly serve: (exchange: NodeExchange) => void;
}

/** gRPC, HTTP/2 and HTTP/1.1 on one TLS port. Certificates of clients are asked for, and judged by whoever serves the request. */
export async function listen(options: ListenOptions): Promise<{ port: number; stop(): Promise<void> }> {
  const http1 = serveHttp1(options);
  const http2 = serveHttp2(options);
  const server = createTls(
    { ...options.tls, requestCert: true, rejectUnauthorized: false, ALPNProtocols: ["h2", "http/1.1"] },
    (socket) => {
      socket.on("error", () => {});
      (socket.alpnProtocol === "h2" ? http2.server : http1).emit("connection", socket);
    },
  );
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      options.grpc.forceShutdown();
      for (const session of http2.sessions) session.destroy();
      http1.closeAllConnections();
      await closed;
    },
  };
}

function serveHttp1({ serve }: ListenOptions) {
  const server = createHttp1((request, response) => dispatch(serve, request, response, undefined));
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => {});
    const response = new ServerResponse(request);
    response.assignSocket(socket as Parameters<ServerResponse["assignSocket"]>[0]);
    response.shouldKeepAlive = false;
    response.once("finish", () => socket.end());
    dispatch(serve, request, response, { socket, head });
  });
  server.on("clientError", (_error: Error, socket: Duplex) => socket.destroy());
  // Node starts its timeouts of headers and requests when a server listens; this one never does by itself.
  server.emit("listening");
  return server;
}

function serveHttp2({ grpc, serve }: ListenOptions) {
  const sink = openGrpcSink(grpc);
  const server = createHttp2();
  const sessions = new Set<Http2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
    session.on("error", () => {});
    sink.session(session);
  });
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    if (String(headers["content-type"] ?? "").startsWith("application/grpc")) return sink.stream(stream, headers);
    const request = new Http2ServerRequest(stream, headers, {}, []);
    dispatch(serve, request, new Http2ServerResponse(stream), undefined);
  });
  return { server, sessions };
}

function dispatch(
  serve: ListenOptions["serve"],
  request: NodeExchange["request"],
  response: NodeExchange["response"],
  upgrade: NodeExchange["upgrade"],
): void {
  const aborting = new AbortController();
  response.on("error", () => {});
  response.once("close", () => aborting.abort());
  const url = parseTarget(request.url ?? "/");
  if (url) serve({ request, response, upgrade, ...url, signal: aborting.signal });
  else {
    response.statusCode = 400;
    response.end();
  }
}

/** Undefined for what is no path: clients may send anything. */
function parseTarget(target: string): { path: string; query: URLSearchParams } | undefined {
  try {
    const { pathname, searchParams } = new URL(target.replace(/^\/+/, "/"), "https://localhost");
    return { path: decodeURIComponent(pathname), query: searchParams };
  } catch {
    return undefined;
  }
}
