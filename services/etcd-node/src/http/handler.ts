import type { Registry } from "prom-client";
import { header, type RpcContext, SERVER_VERSION } from "../rpc/context.ts";
import type { ClientService } from "../rpc/services.ts";
import type { HttpHandler, HttpRequest, HttpResponse } from "./exchange.ts";
import { Gateway } from "./gateway.ts";
import { createHealthChecks, healthOf, renderChecks } from "./health.ts";
import { V2Cluster } from "./v2-cluster.ts";
import { V2Keys } from "./v2-keys.ts";

export interface HttpOptions {
  readonly context: RpcContext;
  readonly services: readonly ClientService[];
  readonly metrics: Registry;
  /** Told of every answer of `/health`. */
  onHealth(isHealthy: boolean): void;
}

/** Any page may ask, as upstream's --cors allows by default. */
const CORS_HEADERS = {
  "Access-Control-Allow-Headers": "accept, content-type, authorization",
  "Access-Control-Allow-Methods": "POST, GET, OPTIONS, PUT, DELETE",
  "Access-Control-Allow-Origin": "*",
};
const TEXT = { "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff" };

/** Everything on the client port that is not gRPC: health, metrics, version, and the services as JSON. */
export function createHttpHandler(options: HttpOptions): HttpHandler {
  const { context, services } = options;
  const gateway = new Gateway(services);
  const keys = new V2Keys(context);
  const cluster = new V2Cluster(context);
  const checks = createHealthChecks(context.driver, context.identity.memberId);
  return async (request, plain) => {
    const response = withCors(plain);
    if (request.method === "OPTIONS") return answer(response, 200, "", {});
    const url = new URL(request.target, "http://localhost");
    const [, first, ...rest] = url.pathname.split("/");
    if (url.pathname === "/v2/keys" || url.pathname.startsWith("/v2/keys/"))
      return keys.serve(url.pathname.slice("/v2/keys".length), url.searchParams, request, response);
    if (first === "v2" && cluster.serve(url.pathname, request, response)) return;
    if (gateway.handles(url.pathname)) return gateway.serve(url.pathname, request, response);
    if (first === "livez" || first === "readyz") {
      const name = rest.join("/");
      const check = checks[first][name];
      if (name !== "" && !check) return notFound(response);
      return serveChecks(request, response, check ? { [name]: check } : checks[first], url.searchParams);
    }
    const serve = rest.length === 0 ? PAGES[first ?? ""] : undefined;
    return serve ? serve(request, response, options, url.searchParams) : notFound(response);
  };
}

type Page = (
  request: HttpRequest,
  response: HttpResponse,
  options: HttpOptions,
  query: URLSearchParams,
) => Promise<void>;

const PAGES: Readonly<Record<string, Page>> = {
  health: async (request, response, { context, onHealth }, query) => {
    if (!isRead(request, response, ["GET"])) return;
    const health = await healthOf(context.driver, query.getAll("exclude"), query.get("serializable") === "true");
    const isHealthy = health.health === "true";
    onHealth(isHealthy);
    answer(response, isHealthy ? 200 : 503, JSON.stringify(health) + (isHealthy ? "" : "\n"), TEXT);
  },
  metrics: async (request, response, { metrics }) => {
    if (!isRead(request, response, ["GET", "HEAD"])) return;
    answer(response, 200, await metrics.metrics(), { "Content-Type": metrics.contentType });
  },
  version: async (request, response, { context }) => {
    if (!isRead(request, response, ["GET", "HEAD"])) return;
    const cluster = SERVER_VERSION.replace(/\d+$/, "0");
    const version = { etcdserver: SERVER_VERSION, etcdcluster: cluster, storage: cluster };
    answer(response, 200, JSON.stringify(version), {
      "Content-Type": "application/json",
      "X-Etcd-Cluster-Id": BigInt(header(context).clusterId).toString(16),
    });
  },
};

async function serveChecks(
  request: HttpRequest,
  response: HttpResponse,
  checks: Parameters<typeof renderChecks>[0],
  query: URLSearchParams,
): Promise<void> {
  if (!isRead(request, response, ["GET"])) return;
  const { status, body } = await renderChecks(checks, query.getAll("exclude"), query.has("verbose"));
  answer(response, status, body, TEXT);
}

/** Answers itself when the method is not one of these. */
function isRead({ method }: HttpRequest, response: HttpResponse, allowed: readonly string[]): boolean {
  if (allowed.includes(method)) return true;
  answer(response, 405, "Method Not Allowed\n", { ...TEXT, Allow: allowed.join(", ") });
  return false;
}

function notFound(response: HttpResponse): void {
  answer(response, 404, "404 page not found\n", TEXT);
}

function answer(response: HttpResponse, status: number, body: string, headers: Readonly<Record<string, string>>): void {
  response.begin(status, { ...headers, "Content-Length": Buffer.byteLength(body) });
  response.end(body);
}

function withCors(response: HttpResponse): HttpResponse {
  return {
    begin: (status, headers) => response.begin(status, { ...CORS_HEADERS, ...headers }),
    write: (chunk) => response.write(chunk),
    drained: () => response.drained(),
    end: (chunk) => response.end(chunk),
  };
}
