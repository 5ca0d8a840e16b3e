import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";

/** Throws (or rejects) while the thing it watches is unwell; the message says why. */
export type HealthCheck = () => void | Promise<void>;

export interface HealthServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly metrics: Registry;
  /** What `/livez` and `/healthz` ask: only what a restart could mend. */
  readonly liveness?: Readonly<Record<string, HealthCheck>>;
  /** What `/readyz` asks in addition. */
  readonly readiness?: Readonly<Record<string, HealthCheck>>;
}

export interface HealthServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** `/healthz`, `/livez`, `/readyz` (with `?verbose` and `/<check>`) and `/metrics`, over plain HTTP: bind it to loopback or a node-local address. */
export async function serveHealth(options: HealthServerOptions): Promise<HealthServer> {
  const server = createServer((request, response) => {
    handle(options, request, response).catch((error: unknown) => respond(response, 500, `${String(error)}\n`));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The text and status upstream's health endpoints give for a set of checks. */
export async function runHealthChecks(
  name: string,
  checks: Readonly<Record<string, HealthCheck>>,
  isVerbose: boolean,
): Promise<{ status: number; body: string }> {
  const lines: string[] = [];
  let hasFailed = false;
  for (const [check, run] of Object.entries(checks)) {
    try {
      await run();
      lines.push(`[+]${check} ok`);
    } catch (error) {
      hasFailed = true;
      lines.push(`[-]${check} failed: ${(error as Error).message}`);
    }
  }
  if (hasFailed) return { status: 500, body: `${lines.join("\n")}\n${name} check failed\n` };
  return { status: 200, body: isVerbose ? `${lines.join("\n")}\n${name} check passed\n` : "ok" };
}

async function handle(options: HealthServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://localhost");
  if (url.pathname === "/metrics") {
    response.setHeader("Content-Type", options.metrics.contentType);
    respond(response, 200, await options.metrics.metrics());
    return;
  }
  const [, endpoint, check] = url.pathname.split("/");
  const all = checksFor(options, endpoint);
  const chosen = all && check ? (all[check] ? { [check]: all[check] } : undefined) : all;
  if (!endpoint || !chosen) {
    respond(response, 404, "404 page not found\n");
    return;
  }
  const result = await runHealthChecks(endpoint, chosen, url.searchParams.has("verbose"));
  respond(response, result.status, result.body);
}

function checksFor(
  options: HealthServerOptions,
  endpoint: string | undefined,
): Readonly<Record<string, HealthCheck>> | undefined {
  const liveness = { ping: () => {}, ...options.liveness };
  if (endpoint === "healthz" || endpoint === "livez") return liveness;
  if (endpoint === "readyz") return { ...liveness, ...options.readiness };
  return undefined;
}

function respond(response: ServerResponse, status: number, body: string): void {
  response.statusCode = status;
  if (!response.hasHeader("Content-Type")) response.setHeader("Content-Type", "text/plain; charset=utf-8");
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.end(body);
}
