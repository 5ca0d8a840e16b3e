import type { Registry } from "prom-client";
import type { RpcContext } from "../rpc/context.ts";
import type { ClientService } from "../rpc/services.ts";
import { answer, isRead, notFound, PLAIN, TEXT, urlOf } from "./answers.ts";
import { renderDebugVars } from "./debug-vars.ts";
import type { HttpHandler, HttpRequest, HttpResponse } from "./exchange.ts";
import { Gateway } from "./gateway.ts";
import { createHealthChecks, type HealthCounts, healthOf, renderChecks } from "./health.ts";
import { createPeerPages } from "./peer-pages.ts";
import { V2Cluster } from "./v2-cluster.ts";
import { V2Keys } from "./v2-keys.ts";
import { V2Members } from "./v2-members.ts";
import { serveVersion } from "./version-page.ts";

export interface HttpOptions {
  readonly context: RpcContext;
  readonly services: readonly ClientService[];
  readonly metrics: Registry;
  readonly health: HealthCounts;
  /** Origins of pages that may ask; `*` for any. */
  readonly cors: readonly string[];
  /** Host names that requests of clients may be for, unless they come over TLS, where the certificate has shown which host was meant; `*` for any. */
  readonly hosts: readonly string[];
  /** Whether the services are there as JSON. */
  readonly hasGateway: boolean;
}

const CORS_HEADERS = {
  "Access-Control-Allow-Headers": "accept, content-type, authorization",
  "Access-Control-Allow-Methods": "POST, GET, OPTIONS, PUT, DELETE",
};
/** A member's three, one for each kind of listener. */
export type HttpHandlers = Readonly<Record<"clients" | "peers" | "monitoring", HttpHandler>>;

export function createHttpHandlers(options: HttpOptions): HttpHandlers {
  return {
    clients: createClientHandler(options),
    peers: createPeerPages(options.context),
    monitoring: createPages(options),
  };
}

/** Everything on the client port that is not gRPC: health, metrics, version, the services as JSON, the second API. */
function createClientHandler(options: HttpOptions): HttpHandler {
  const gateway = new Gateway(options.services);
  const keys = new V2Keys(options.context);
  const cluster = new V2Cluster(options.context, new V2Members(options.services));
  const servePages = createPages(options);
  return async (request, plain) => {
    const host = hostOf(request);
    if (!request.isSecure && !isListed(options.hosts, host)) return answer(plain, 421, `${misdirected(host)}\n`, TEXT);
    const origin = allowedOrigin(options.cors, request);
    const response = origin === undefined ? plain : withCors(plain, origin);
    if (request.method === "OPTIONS") return answer(response, 200, "", {});
    const { pathname, searchParams } = urlOf(request);
    if (pathname === V2_KEYS || pathname.startsWith(`${V2_KEYS}/`))
      return keys.serve(pathname.slice(V2_KEYS.length), searchParams, request, response);
    if (await cluster.serve(pathname, request, response)) return;
    const path = cleanPath(pathname);
    if (path !== pathname) return redirect(request, response, path);
    if (options.hasGateway && gateway.handles(path)) return gateway.serve(path, request, response);
    if (path === "/debug/vars") return serveDebugVars(request, response, options);
    return servePages(request, response);
  };
}

async function serveDebugVars(
  request: HttpRequest,
  response: HttpResponse,
  { context, metrics }: HttpOptions,
): Promise<void> {
  if (!isRead(request, response)) return;
  const variables = await renderDebugVars(context.driver, context.identity.memberId, metrics);
  answer(response, 200, variables, { "Content-Type": "application/json; charset=utf-8" });
}

const V2_KEYS = "/v2/keys";

/** As Go's multiplexer has it: `/v3` is a folder, `//`, `.` and `..` are nothing; who asks otherwise is told. */
function cleanPath(pathname: string): string {
  return pathname === "/v3" || pathname === "/v3beta" ? `${pathname}/` : pathname.replace(/\/{2,}/g, "/");
}

function redirect({ method }: HttpRequest, response: HttpResponse, path: string): void {
  const hasPage = method === "GET" || method === "HEAD";
  const headers = { Location: path, ...(hasPage ? { "Content-Type": "text/html; charset=utf-8" } : {}) };
  answer(response, 307, hasPage ? `<a href="${path}">Temporary Redirect</a>.\n\n` : "", headers);
}

/** What `--listen-metrics-urls` serve too. */
function createPages(options: HttpOptions): HttpHandler {
  const { context } = options;
  const checks = createHealthChecks(context.driver, context.identity.memberId);
  return async (request, response) => {
    const { pathname, searchParams } = urlOf(request);
    const [, first, ...rest] = pathname.split("/");
    if (first === "livez" || first === "readyz") {
      const name = rest.join("/");
      const check = checks[first][name];
      if (rest.length > 0 && !check) return notFound(response);
      return serveChecks(request, response, check ? { [name]: check } : checks[first], searchParams);
    }
    const serve = rest.length === 0 ? PAGES[first ?? ""] : undefined;
    return serve ? serve(request, response, options, searchParams) : notFound(response);
  };
}

type Page = (
  request: HttpRequest,
  response: HttpResponse,
  options: HttpOptions,
  query: URLSearchParams,
) => Promise<void>;

const PAGES: Readonly<Record<string, Page>> = {
  health: async (request, response, { context, health: counts }, query) => {
    if (!isRead(request, response)) return;
    const health = await healthOf(context.driver, query.getAll("exclude"), query.get("serializable") === "true");
    const isHealthy = health.health === "true";
    counts[isHealthy ? "succeeded" : "failed"]++;
    if (isHealthy) return answer(response, 200, JSON.stringify(health), PLAIN);
    answer(response, 503, `${JSON.stringify(health)}\n`, TEXT);
  },
  metrics: async (_, response, { metrics }) => {
    answer(response, 200, await metrics.metrics(), { "Content-Type": metrics.contentType });
  },
  version: (request, response, { context }) => serveVersion(request, response, context),
};

async function serveChecks(
  request: HttpRequest,
  response: HttpResponse,
  checks: Parameters<typeof renderChecks>[0],
  query: URLSearchParams,
): Promise<void> {
  if (!isRead(request, response)) return;
  const { status, body } = await renderChecks(checks, query.getAll("exclude"), query.has("verbose"));
  answer(response, status, body, TEXT);
}

function hostOf({ headers }: HttpRequest): string {
  return (headers["host"] ?? headers[":authority"] ?? "").replace(/:\d*$/, "");
}

function isListed(hosts: readonly string[], host: string): boolean {
  return hosts.length === 0 || hosts.includes("*") || hosts.includes(host);
}

/** etcd's words, which name its flag. */
function misdirected(host: string): string {
  return `
etcd received your request, but the Host header was unrecognized.

To fix this, choose one of the following options:
- Enable TLS, then any HTTPS request will be allowed.
- Add the hostname you want to use to the whitelist in settings.
  - e.g. etcd --host-whitelist ${JSON.stringify(host)}

This requirement has been added to help prevent "DNS Rebinding" attacks (CVE-2018-5702).
`;
}

function allowedOrigin(cors: readonly string[], request: HttpRequest): string | undefined {
  if (cors.includes("*")) return "*";
  const { origin } = request.headers;
  return typeof origin === "string" && cors.includes(origin) ? origin : undefined;
}

function withCors(response: HttpResponse, origin: string): HttpResponse {
  const allowed = { ...CORS_HEADERS, "Access-Control-Allow-Origin": origin };
  return {
    begin: (status, headers) => response.begin(status, { ...allowed, ...headers }),
    write: (chunk) => response.write(chunk),
    drained: () => response.drained(),
    end: (chunk) => response.end(chunk),
  };
}
