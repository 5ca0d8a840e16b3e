import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";

const GROUP = "fortune.example.com";

interface Cookie {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Record<string, unknown> & { name: string; namespace: string; uid: string };
}

/** A server of one kind, Cookies, behind the API server: it keeps them in memory, and knows no `deletecollection`. */
export class CookieServer {
  /** Who asked for what, as the API server said. */
  readonly seen: { user: string; method: string; accept: string }[] = [];
  readonly #cookies = new Map<string, Cookie>();
  readonly #watchers = new Set<ServerResponse>();
  readonly #server: Server;
  readonly #events: string[] = [];

  constructor(cert: string, key: string) {
    this.#server = createServer({ cert, key }, (request, response) => void this.#serve(request, response));
  }

  async start(port = 0): Promise<number> {
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
    return (this.#server.address() as AddressInfo).port;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  get names(): string[] {
    return [...this.#cookies.keys()].sort();
  }

  add(namespace: string, name: string, ownerReferences: readonly object[] = []): Cookie {
    const metadata = {
      name,
      namespace,
      uid: `cookie-${name}`,
      ownerReferences,
      resourceVersion: `${this.#events.length + 1}`,
    };
    const cookie = { apiVersion: `${GROUP}/v1`, kind: "Cookie", metadata };
    this.#cookies.set(`${namespace}/${name}`, cookie);
    this.#tell("ADDED", cookie);
    return cookie;
  }

  #tell(type: string, object: Cookie): void {
    const line = `${JSON.stringify({ type, object })}\n`;
    this.#events.push(line);
    for (const watcher of this.#watchers) watcher.write(line);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", "https://localhost");
    const [, namespace = "", name = ""] =
      /^\/apis\/[^/]+\/v1(?:\/namespaces\/([^/]+))?\/cookies(?:\/([^/]+))?$/.exec(pathname) ?? [];
    const json = (code: number, object: object) => {
      response.writeHead(code, { "Content-Type": "application/json" }).end(JSON.stringify(object));
    };
    if (pathname === `/apis/${GROUP}/v1`) return json(200, RESOURCES);
    if (!pathname.startsWith(`/apis/${GROUP}/v1/`)) return json(404, notFound());
    const { "x-remote-user": user, accept } = request.headers;
    this.seen.push({ user: String(user), method: request.method ?? "", accept: String(accept) });
    if (searchParams.get("watch")) {
      response.writeHead(200, { "Content-Type": "application/json" }).flushHeaders();
      for (const line of this.#events.slice(Number(searchParams.get("resourceVersion")))) response.write(line);
      this.#watchers.add(response);
      response.once("close", () => this.#watchers.delete(response));
      return;
    }
    if (name === "") return json(200, this.#list(namespace));
    const cookie = this.#cookies.get(`${namespace}/${name}`);
    if (!cookie) return json(404, notFound());
    if (request.method === "DELETE") {
      await request.toArray();
      this.#cookies.delete(`${namespace}/${name}`);
      const metadata = { ...cookie.metadata, resourceVersion: `${this.#events.length + 1}` };
      this.#tell("DELETED", { ...cookie, metadata });
    }
    json(200, cookie);
  }

  #list(namespace: string): object {
    const items = [...this.#cookies.values()].filter(
      ({ metadata }) => namespace === "" || metadata.namespace === namespace,
    );
    return {
      apiVersion: `${GROUP}/v1`,
      kind: "CookieList",
      metadata: { resourceVersion: `${this.#events.length}` },
      items,
    };
  }
}

const notFound = () => ({
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: "Failure",
  reason: "NotFound",
  code: 404,
});

const RESOURCES = {
  kind: "APIResourceList",
  apiVersion: "v1",
  groupVersion: `${GROUP}/v1`,
  resources: [
    {
      name: "cookies",
      singularName: "cookie",
      namespaced: true,
      kind: "Cookie",
      verbs: ["delete", "get", "list", "watch"],
    },
  ],
};
