import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Logger } from "@drydock/component";
import type { HttpHandler, HttpRequest, HttpResponse } from "./exchange.ts";

/** A handler on a plain listener of its own: what `--listen-metrics-urls` asks for. */
export async function serveHttp(url: string, handler: HttpHandler, logger: Logger): Promise<{ stop(): Promise<void> }> {
  const { hostname, port } = new URL(url);
  const server = createServer((incoming, outgoing) => {
    handler(toRequest(incoming, outgoing), toResponse(outgoing)).catch((error: unknown) => {
      logger.warn({ target: incoming.url, err: String(error) }, "request failed");
      if (outgoing.headersSent) outgoing.destroy();
      else outgoing.writeHead(500).end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(Number(port), hostname, resolve);
  });
  return { stop: () => close(server) };
}

function toRequest(incoming: IncomingMessage, outgoing: ServerResponse): HttpRequest {
  const controller = new AbortController();
  outgoing.once("close", () => {
    if (!outgoing.writableFinished) controller.abort();
  });
  const headers = Object.entries(incoming.headers).map(([name, value]) => [name, [value].flat().join(", ")]);
  return {
    method: incoming.method ?? "GET",
    target: incoming.url ?? "/",
    headers: Object.fromEntries(headers),
    commonName: undefined,
    body: incoming,
    signal: controller.signal,
  };
}

function toResponse(outgoing: ServerResponse): HttpResponse {
  return {
    begin: (status, headers) => {
      outgoing.writeHead(status, { ...headers });
      outgoing.flushHeaders();
    },
    write: (chunk) => outgoing.write(chunk),
    drained: () =>
      new Promise((resolve) => {
        outgoing.once("drain", resolve);
        outgoing.once("close", resolve);
      }),
    end: (chunk) => {
      outgoing.end(chunk);
    },
  };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
