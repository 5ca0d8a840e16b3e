import { randomUUID } from "node:crypto";
import { type IncomingMessage, ServerResponse } from "node:http";
import { createSecureServer, type Http2SecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { anonymousUser } from "../authentication/user-info.ts";
import type { TlsSource } from "../tls/serving-tls.ts";
import { type Exchange, type Handler, headerOf, type Response, type ServerRequest } from "./exchange.ts";
import { LiveExchanges } from "./live-exchanges.ts";
import { parseRequestInfo } from "./request-info.ts";

/** A client may name its request; more of the name than this is not kept. */
const auditIdLengthMax = 64;

/** As Go's servers have it: tokens and lists of groups are long now and then. */
const headerBytesMax = 1024 * 1024;
/** For HTTP/1.1 and for h2. */
const headerLimits = { maxHeaderSize: headerBytesMax, settings: { maxHeaderListSize: headerBytesMax } };

/** One for all: every request ends with it, be it answered or not. */
const clientIsGone = new DOMException("the client went away", "AbortError");

export interface ServerOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsSource;
  readonly handler: Handler;
}

export interface RunningServer {
  readonly port: number;
  /** Stops accepting, ends watches, lets requests finish, and breaks off what is left after `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

/** HTTPS with HTTP/1.1 and h2. Client certificates are asked for, and judged by the chain, not by the handshake. */
export async function listen(options: ServerOptions): Promise<RunningServer> {
  const { tls, handler } = options;
  const server = createSecureServer({
    allowHTTP1: true,
    ...tls.current(),
    ...headerLimits,
    requestCert: true,
    rejectUnauthorized: false,
  });
  tls.onChange(() => server.setSecureContext(tls.current()));
  const live = new LiveExchanges();
  server.on("secureConnection", (socket) => {
    live.addSocket(socket);
    socket.on("error", () => {});
  });
  server.on("session", (session) => live.addSession(session));
  const tracked: Handler = (exchange) => live.run(exchange, () => handler(exchange));
  server.on("request", (request, response) => void handle(request, response, undefined, tracked));
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const response = new ServerResponse(request);
    response.assignSocket(socket as Parameters<ServerResponse["assignSocket"]>[0]);
    response.shouldKeepAlive = false;
    response.once("finish", () => socket.end());
    void handle(request, response, { socket, head }, tracked);
  });
  // A client that breaks its connection half-way must not take the server down.
  server.on("sessionError", () => {});
  server.on("tlsClientError", () => {});
  server.on("clientError", (_error: Error, socket: Duplex) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, () => resolve());
  });
  return { port: (server.address() as AddressInfo).port, stop: (graceMs) => stop(server, live, graceMs) };
}

async function handle(
  request: ServerRequest,
  response: Response,
  upgrade: Exchange["upgrade"],
  handler: Handler,
): Promise<void> {
  const url = parseUrl(request.url ?? "/");
  if (!url) {
    response.statusCode = 400;
    response.end();
    return;
  }
  const abort = new AbortController();
  const tlsSocket = ("stream" in request ? request.stream.session?.socket : request.socket) as TLSSocket | undefined;
  const exchange: Exchange = {
    request,
    response,
    upgrade,
    path: url.pathname,
    query: url.searchParams,
    tlsSocket,
    startedAtMs: Date.now(),
    auditId: headerOf(request, "audit-id").slice(0, auditIdLengthMax) || randomUUID(),
    abort,
    warnings: [],
    earlyAnnotations: {},
    info: parseRequestInfo("GET", "/", url.searchParams),
    user: anonymousUser,
    impersonator: undefined,
    impersonationConstraint: undefined,
    isLongRunning: false,
    isAuthenticated: false,
    onWatchBegan: undefined,
    audit: undefined,
  };
  response.on("error", () => {});
  response.once("close", () => abort.abort(clientIsGone));
  await handler(exchange);
}

/** Undefined for what is no path: clients may send anything. */
function parseUrl(target: string): URL | undefined {
  // Two leading slashes would be read as a host.
  const path = target.startsWith("/") ? target.replace(/^\/+/, "/") : target;
  return URL.canParse(path, "https://localhost") ? new URL(path, "https://localhost") : undefined;
}

async function stop(server: Http2SecureServer, live: LiveExchanges, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  await live.drain(graceMs);
  await closed;
}
