import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { createAuthority, issueCertificate } from "@drydock/pki";
import { WebSocketServer } from "ws";

export interface PodServer {
  readonly port: number;
  /** How many answers that do not end were begun. */
  readonly endless: number;
  stop(): void;
}

const PAGE = '<a href="/x">ü</a><img src="y">';

/** What a pod may serve: says what it was asked, redirects, pages with links, an answer without an end, a WebSocket that echoes. */
export async function startPodServer(scheme: "http" | "https"): Promise<PodServer> {
  const counts = { endless: 0 };
  const handler = (request: IncomingMessage, response: ServerResponse) => void serve(request, response, counts);
  const server = scheme === "http" ? createServer(handler) : createSecureServer(await anyCertificate(), handler);
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (socket) => socket.on("message", (message) => socket.send(`echo ${message}`)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    get endless() {
      return counts.endless;
    },
    stop() {
      sockets.close();
      server.close();
      server.closeAllConnections();
    },
  };
}

async function anyCertificate() {
  const authority = await createAuthority("unknown-ca");
  const pair = await issueCertificate(authority, { commonName: "somebody", usages: ["server"] });
  return { cert: pair.certPem, key: pair.keyPem };
}

async function serve(request: IncomingMessage, response: ServerResponse, counts: { endless: number }): Promise<void> {
  const { method = "", url = "", headers } = request;
  const html = { "Content-Type": "text/html; charset=utf-8", "Access-Control-Allow-Origin": "*" };
  if (url === "/moved") return void response.writeHead(302, { Location: "/elsewhere?a=b" }).end();
  if (url === "/page") return void response.writeHead(200, html).end(PAGE);
  if (url === "/zipped")
    return void response.writeHead(200, { ...html, "Content-Encoding": "gzip" }).end(gzipSync(PAGE));
  if (url === "/endless") {
    counts.endless++;
    return void response.writeHead(200).write("begun");
  }
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const body = Buffer.concat(parts).toString();
  const port = request.socket.localPort;
  response.writeHead(200, { "Content-Type": "application/json", "X-Method": method });
  response.end(JSON.stringify({ method, url, headers, body, port }));
}
