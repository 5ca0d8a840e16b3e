import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  /** Common name of the certificate that was shown, if one of the front proxy's authority was. */
  readonly certificate: string | undefined;
}

interface ExtensionOptions {
  readonly cert: string;
  readonly key: string;
  readonly frontProxyCa: string;
}

const GROUP = "fortune.example.com";
const cookie = (name: string) => ({
  apiVersion: `${GROUP}/v1`,
  kind: "Cookie",
  metadata: { name, namespace: "default" },
});

/** A server of one kind, Cookies, as somebody would write one to stand behind the API server. */
export class ExtensionServer {
  readonly seen: Seen[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();

  constructor({ cert, key, frontProxyCa }: ExtensionOptions) {
    this.#server = createServer({ cert, key, ca: frontProxyCa, requestCert: true, rejectUnauthorized: false });
    this.#server.on("request", (request, response) => this.#serve(request, response));
    this.#server.on("upgrade", (request: IncomingMessage, socket: Duplex) => {
      this.#note(request);
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
      socket.on("error", () => {});
      socket.pipe(socket);
    });
    this.#server.on("connection", (socket: Duplex) => {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  /** Its port. */
  async start(port = 0): Promise<number> {
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #note(request: IncomingMessage): void {
    const socket = request.socket as TLSSocket;
    this.seen.push({
      method: request.method ?? "",
      url: request.url ?? "",
      headers: request.headers,
      certificate: socket.authorized ? String(socket.getPeerCertificate().subject.CN) : undefined,
    });
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    this.#note(request);
    const { pathname, searchParams } = new URL(request.url ?? "/", "https://localhost");
    const json = (code: number, object: object) => {
      response.writeHead(code, { "Content-Type": "application/json" });
      response.end(JSON.stringify(object));
    };
    const collection = `/apis/${GROUP}/v1/namespaces/default/cookies`;
    if (pathname === `/apis/${GROUP}/v1`) return json(200, resourceList);
    if (pathname === "/openapi/v3")
      return json(200, {
        paths: { [`apis/${GROUP}/v1`]: { serverRelativeURL: `/openapi/v3/apis/${GROUP}/v1?hash=1` } },
      });
    if (pathname === `/openapi/v3/apis/${GROUP}/v1`) return json(200, { openapi: "3.0.0", paths: {}, components: {} });
    if (pathname === "/openapi/v2") return json(200, swagger);
    if (pathname === collection && searchParams.get("watch")) {
      response.writeHead(200, { "Content-Type": "application/json" });
      response.write(`${JSON.stringify({ type: "ADDED", object: cookie("first") })}\n`);
      return;
    }
    if (pathname === collection && request.method === "GET")
      return json(200, { apiVersion: `${GROUP}/v1`, kind: "CookieList", metadata: {}, items: [cookie("first")] });
    if (pathname === `${collection}/first`) return json(200, cookie("first"));
    if (pathname === collection && request.method === "POST") {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => json(201, JSON.parse(Buffer.concat(parts).toString())));
      return;
    }
    json(404, { kind: "Status", apiVersion: "v1", status: "Failure", reason: "NotFound", code: 404 });
  }
}

const resourceList = {
  kind: "APIResourceList",
  apiVersion: "v1",
  groupVersion: `${GROUP}/v1`,
  resources: [
    {
      name: "cookies",
      singularName: "cookie",
      namespaced: true,
      kind: "Cookie",
      shortNames: ["ck"],
      verbs: ["create", "get", "list", "watch"],
    },
    { name: "cookies/status", singularName: "", namespaced: true, kind: "Cookie", verbs: ["get"] },
  ],
};

const swagger = {
  swagger: "2.0",
  paths: { [`/apis/${GROUP}/v1/cookies`]: {}, "/elsewhere": {} },
  definitions: { "com.example.Cookie": { type: "object" }, "io.k8s.api.core.v1.Pod": { type: "object" } },
};
