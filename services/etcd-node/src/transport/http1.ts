import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { HttpHandler, HttpRequest, HttpResponse } from "../http/exchange.ts";
import { commonNameOf } from "./client-certificate.ts";
import { drained } from "./drained.ts";
import { serveExchange } from "./serve-exchange.ts";

/** HTTP/1.1 on sockets that somebody else has accepted. */
export class Http1Server {
  readonly #server: Server;

  constructor(handler: HttpHandler) {
    this.#server = createServer((message, answer) => {
      const response = new Http1Response(answer);
      void serveExchange(handler, requestOf(message, answer), response);
    });
    // Node starts its timeouts of headers and requests when a server listens; this one never does by itself.
    this.#server.emit("listening");
  }

  accept(socket: Socket, head: Buffer): void {
    socket.unshift(head);
    this.#server.emit("connection", socket);
    socket.resume();
  }

  /** Connections that are between two requests end; the others may finish theirs. */
  close(): void {
    this.#server.closeIdleConnections();
  }
}

function requestOf(message: IncomingMessage, answer: ServerResponse): HttpRequest {
  const aborting = new AbortController();
  answer.on("close", () => {
    if (!answer.writableFinished) aborting.abort();
  });
  const headers = Object.entries(message.headers).map(([name, value]) => [name, [value].flat().join(", ")]);
  return {
    method: message.method ?? "GET",
    target: message.url ?? "/",
    headers: Object.fromEntries(headers),
    commonName: commonNameOf(message.socket),
    isSecure: message.socket instanceof TLSSocket,
    body: message,
    signal: aborting.signal,
  };
}

class Http1Response implements HttpResponse {
  readonly #answer: ServerResponse;

  constructor(answer: ServerResponse) {
    this.#answer = answer;
    answer.on("error", () => {});
  }

  get hasBegun(): boolean {
    return this.#answer.headersSent;
  }

  get hasEnded(): boolean {
    return this.#answer.writableEnded || this.#answer.destroyed;
  }

  begin(status: number, headers: Readonly<Record<string, string | number>>): void {
    if (!this.hasBegun && !this.hasEnded) this.#answer.writeHead(status, { ...headers });
  }

  write(chunk: string | Uint8Array): boolean {
    return this.hasEnded || this.#answer.write(chunk);
  }

  async drained(): Promise<void> {
    if (!this.hasEnded && this.#answer.writableNeedDrain) await drained(this.#answer);
  }

  end(chunk?: string | Uint8Array): void {
    if (!this.hasEnded) this.#answer.end(chunk);
  }

  abort(): void {
    this.#answer.destroy();
  }
}
