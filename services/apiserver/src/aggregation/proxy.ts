import { STATUS_CODES } from "node:http";
import { type RequestOptions, request } from "node:https";
import type { Duplex } from "node:stream";
import type { V1APIService } from "@drydock/kube-api";
import { type Exchange, headerOf } from "../http/exchange.ts";
import { respondText } from "../http/respond.ts";
import { goErrorText } from "../webhook-client/go-error-text.ts";
import type { Address } from "./check-service.ts";
import { answeredHeaders, forwardedHeaders } from "./front-proxy-headers.ts";
import type { RemoteConnections } from "./remote-connections.ts";

const UNAVAILABLE = "service unavailable\n";
/** Both kinds of answers can, whatever their types say. */
interface Flushable {
  flushHeaders?(): void;
}

const BODYLESS: ReadonlySet<string> = new Set(["GET", "HEAD"]);

/** Passes a request on to the server behind an APIService, and its answer back, as it comes. */
export async function proxy(
  exchange: Exchange,
  apiService: V1APIService,
  connections: RemoteConnections,
  onFailure: () => void,
): Promise<void> {
  const available = apiService.status?.conditions?.find(({ type }) => type === "Available");
  if (available?.status !== "True") return respondText(exchange, 503, UNAVAILABLE);
  let address: Address;
  try {
    address = connections.addressOf(apiService);
  } catch {
    return respondText(exchange, 503, UNAVAILABLE);
  }
  const options = optionsOf(exchange, apiService, address, connections);
  try {
    await pass(exchange, options);
  } catch (error) {
    exchange.abort.signal.throwIfAborted();
    onFailure();
    if (exchange.response.headersSent) {
      exchange.response.destroy();
      return;
    }
    const why = goErrorText(error as Error, { ...address, serverName: options.servername ?? "" });
    respondText(exchange, 503, `error trying to reach service: ${why}\n`);
  }
}

function optionsOf(
  exchange: Exchange,
  apiService: V1APIService,
  address: Address,
  connections: RemoteConnections,
): RequestOptions {
  const { request: incoming, user, upgrade, abort, tlsSocket } = exchange;
  const base = connections.requestOptions(apiService, address, user, { isShared: !upgrade, isProbe: false });
  const { method = "GET" } = incoming;
  const before = headerOf(incoming, "x-forwarded-for");
  const from = tlsSocket?.remoteAddress ?? "";
  const isSized = BODYLESS.has(method) || incoming.headers["content-length"] !== undefined;
  return {
    ...base,
    method,
    path: incoming.url ?? "/",
    signal: abort.signal,
    headers: {
      ...forwardedHeaders(incoming.headers),
      ...base.headers,
      ...(from !== "" && { "X-Forwarded-For": before === "" ? from : `${before}, ${from}` }),
      ...(upgrade
        ? { Connection: "Upgrade", Upgrade: headerOf(incoming, "upgrade") }
        : !isSized && { "Transfer-Encoding": "chunked" }),
    },
  };
}

/** Resolves when the answer is through. */
function pass(exchange: Exchange, options: RequestOptions): Promise<void> {
  const { request: incoming, response, upgrade } = exchange;
  return new Promise((resolve, reject) => {
    const outgoing = request(options);
    outgoing.on("response", (answer) => {
      response.statusCode = answer.statusCode ?? 502;
      for (const [name, value] of answeredHeaders(answer.headers)) response.setHeader(name, value);
      exchange.audit?.started();
      // A watch may have nothing to say for long: that it began must be known.
      (response as Flushable).flushHeaders?.();
      answer.on("error", reject);
      answer.on("end", resolve);
      answer.pipe(response as NodeJS.WritableStream);
    });
    outgoing.on("upgrade", (answer, socket, head) => {
      if (!upgrade) return socket.destroy();
      exchange.audit?.started();
      tunnel(upgrade.socket, upgrade.head, socket, head, upgradeHead(answer.rawHeaders));
      socket.once("close", resolve);
    });
    outgoing.on("error", (error: NodeJS.ErrnoException) => {
      // A connection that was kept may have been closed at the other end: that says nothing about the server.
      const isStale = outgoing.reusedSocket && error.code === "ECONNRESET" && BODYLESS.has(options.method ?? "");
      if (isStale && !response.headersSent) pass(exchange, { ...options, agent: false }).then(resolve, reject);
      else reject(error);
    });
    if (upgrade || BODYLESS.has(options.method ?? "")) outgoing.end();
    else incoming.pipe(outgoing);
  });
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
