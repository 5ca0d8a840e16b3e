import type { IncomingMessage, OutgoingHttpHeaders, RequestOptions } from "node:http";
import { request as requestHttp, STATUS_CODES } from "node:http";
import { type RequestOptions as HttpsRequestOptions, request as requestHttps } from "node:https";
import type { Duplex } from "node:stream";
import { type Exchange, headerOf, type ServerRequest } from "../http/exchange.ts";
import { writeHead } from "../http/response-head.ts";
import { answeredHeaders, forwardedHeaders } from "./forwarded-headers.ts";

/** Where a request goes on to, and how the connection is made; without `protocol` over TLS. */
export type Destination = RequestOptions & HttpsRequestOptions;

/** What is changed in an answer before the client sees it. */
export interface AnswerChanges {
  headers(answer: IncomingMessage, headers: [string, number | string | string[]][]): typeof headers;
  /** The body that the client gets. */
  body(answer: IncomingMessage): NodeJS.ReadableStream;
}

/** Both kinds of answers can, whatever their types say. */
interface Flushable {
  flushHeaders?(): void;
}

/** What is sent on of a client's request: `destination` says where to, and its headers come on top of the client's. */
export function forwardedRequest(exchange: Exchange, destination: Destination): Destination {
  const { request, upgrade, abort, tlsSocket } = exchange;
  const before = headerOf(request, "x-forwarded-for");
  const from = tlsSocket?.remoteAddress ?? "";
  const isUnsized = hasBody(exchange) && request.headers["content-length"] === undefined;
  return {
    ...destination,
    method: request.method ?? "GET",
    signal: abort.signal,
    headers: {
      ...forwardedHeaders(request.headers),
      ...(destination.headers as OutgoingHttpHeaders),
      ...(from !== "" && { "X-Forwarded-For": before === "" ? from : `${before}, ${from}` }),
      ...(upgrade
        ? { Connection: "Upgrade", Upgrade: headerOf(request, "upgrade") }
        : isUnsized && { "Transfer-Encoding": "chunked" }),
    },
  };
}

/** Passes a request on, and its answer back, as they come. Resolves when the answer is through. */
export function passRequest(exchange: Exchange, options: Destination, changes?: AnswerChanges): Promise<void> {
  const { request: incoming, upgrade, response } = exchange;
  const isBodyless = !hasBody(exchange);
  return new Promise((resolve, reject) => {
    const outgoing = options.protocol === "http:" ? requestHttp(options) : requestHttps(options);
    outgoing.on("response", (answer) => {
      const code = answer.statusCode ?? 502;
      if (upgrade && code < 400) {
        outgoing.destroy();
        return reject(new Error(`invalid upgrade response: status code ${code}`));
      }
      passAnswer(exchange, answer, changes).then(resolve, reject);
    });
    outgoing.on("upgrade", (answer, socket, head) => {
      if (!upgrade) return socket.destroy();
      exchange.audit?.started();
      tunnel(upgrade.socket, upgrade.head, socket, head, upgradeHead(answer.rawHeaders));
      socket.once("close", resolve);
    });
    outgoing.on("error", (error: NodeJS.ErrnoException) => {
      // A connection that was kept may have been closed at the other end: that says nothing about the server.
      const isStale = outgoing.reusedSocket && error.code === "ECONNRESET" && isBodyless;
      if (isStale && !response.headersSent)
        passRequest(exchange, { ...options, agent: false }, changes).then(resolve, reject);
      else reject(error);
    });
    if (isBodyless) outgoing.end();
    else incoming.pipe(outgoing);
  });
}

function passAnswer(exchange: Exchange, answer: IncomingMessage, changes?: AnswerChanges): Promise<void> {
  const { response } = exchange;
  return new Promise((resolve, reject) => {
    const headers = answeredHeaders(answer.headers);
    writeHead(exchange, answer.statusCode ?? 502, "");
    for (const [name, value] of changes?.headers(answer, headers) ?? headers) response.setHeader(name, value);
    // A watch may have nothing to say for long: that it began must be known.
    (response as Flushable).flushHeaders?.();
    const body = changes?.body(answer) ?? answer;
    answer.on("error", reject);
    if (body !== answer) body.on("error", reject);
    body.on("end", resolve);
    body.pipe(response as NodeJS.WritableStream);
  });
}

function hasBody({ request, upgrade }: Exchange): boolean {
  if (upgrade) return false;
  if (isOfHttp2(request)) return !request.stream.endAfterHeaders;
  const { "content-length": length = "0", "transfer-encoding": encoding } = request.headers;
  return encoding !== undefined || length !== "0";
}

function isOfHttp2(request: ServerRequest): request is Exclude<ServerRequest, IncomingMessage> {
  return "stream" in request;
}

function upgradeHead(rawHeaders: readonly string[]): string {
  const lines = [`HTTP/1.1 101 ${STATUS_CODES[101]}`];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2)
    lines.push(`${rawHeaders[index]}: ${rawHeaders[index + 1]}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}

function tunnel(client: Duplex, fromClient: Buffer, server: Duplex, fromServer: Buffer, head: string): void {
  client.write(head);
  if (fromServer.length > 0) client.write(fromServer);
  if (fromClient.length > 0) server.write(fromClient);
  for (const [one, other] of [
    [client, server],
    [server, client],
  ] as const) {
    one.on("error", () => other.destroy());
    one.on("close", () => other.destroy());
  }
  client.pipe(server);
  server.pipe(client);
}
