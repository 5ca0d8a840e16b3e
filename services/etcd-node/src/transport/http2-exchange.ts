import type { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { HttpHandler, HttpRequest } from "../http/exchange.ts";
import { commonNameOf } from "./client-certificate.ts";
import { drained } from "./drained.ts";
import { readBody } from "./read-body.ts";
import { type RunningResponse, serveExchange } from "./serve-exchange.ts";

/** What our stream and node:http2's have in common. */
export interface AnyHttp2Stream extends EventEmitter {
  readonly closed: boolean;
  readonly aborted: boolean;
  readonly session?: { readonly socket: Socket } | undefined;
  respond(headers: Record<string, string | number>): void;
  write(chunk: Uint8Array): boolean;
  end(): void;
  close(code?: number): void;
  pause(): unknown;
  resume(): unknown;
}

export type AnyHttp2Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

const INTERNAL_ERROR = 2;
/** These describe a connection of HTTP/1.1 (RFC 9113, section 8.2.2). */
const OF_CONNECTIONS = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]);
const BODILESS = new Set([204, 304]);

/** Serves a request of HTTP/2 that is none of gRPC. */
export function serveHttp2Stream(handler: HttpHandler, stream: AnyHttp2Stream, headers: AnyHttp2Headers): void {
  stream.on("error", () => {});
  const request = requestOf(stream, headers);
  void serveExchange(handler, request, new Http2Response(stream, request.method === "HEAD"));
}

function requestOf(stream: AnyHttp2Stream, headers: AnyHttp2Headers): HttpRequest {
  const aborting = new AbortController();
  stream.on("aborted", () => aborting.abort());
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    if (!name.startsWith(":") && value !== undefined)
      plain[name] = typeof value === "string" ? value : value.join(", ");
  const authority = headers[":authority"];
  if (authority !== undefined) plain["host"] ??= String(authority);
  return {
    method: String(headers[":method"]),
    target: String(headers[":path"]),
    headers: plain,
    commonName: stream.session && commonNameOf(stream.session.socket),
    isSecure: stream.session?.socket instanceof TLSSocket,
    body: readBody(stream),
    signal: aborting.signal,
  };
}

class Http2Response implements RunningResponse {
  readonly #stream: AnyHttp2Stream;
  readonly #isHead: boolean;
  #hasNoBody = false;
  #needsDrain = false;
  hasBegun = false;
  #hasEnded = false;

  constructor(stream: AnyHttp2Stream, isHead: boolean) {
    this.#stream = stream;
    this.#isHead = isHead;
    stream.on("drain", () => {
      this.#needsDrain = false;
    });
  }

  get hasEnded(): boolean {
    return this.#hasEnded || this.#stream.closed;
  }

  begin(status: number, headers: Readonly<Record<string, string | number>>): void {
    if (this.hasBegun || this.hasEnded) return;
    this.hasBegun = true;
    this.#hasNoBody = this.#isHead || BODILESS.has(status);
    const ours = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
    const sent = ours.filter(([name]) => !OF_CONNECTIONS.has(name));
    this.#stream.respond({ ":status": status, ...Object.fromEntries(sent) });
  }

  write(chunk: string | Uint8Array): boolean {
    if (this.hasEnded || this.#hasNoBody) return true;
    if (!this.#stream.write(typeof chunk === "string" ? Buffer.from(chunk) : chunk)) this.#needsDrain = true;
    return !this.#needsDrain;
  }

  async drained(): Promise<void> {
    if (this.#needsDrain && !this.hasEnded) await drained(this.#stream);
  }

  end(chunk?: string | Uint8Array): void {
    if (this.hasEnded) return;
    if (chunk !== undefined && chunk.length > 0) this.write(chunk);
    this.#hasEnded = true;
    this.#stream.end();
  }

  abort(): void {
    this.#stream.close(INTERNAL_ERROR);
  }
}
