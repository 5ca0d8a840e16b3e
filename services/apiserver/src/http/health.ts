import { type HealthCheck, runHealthChecks } from "@drydock/component";
import type { Registry as Metrics } from "prom-client";
import type { Exchange } from "./exchange.ts";
import { respondJson, respondText } from "./respond.ts";
import type { PathHandler } from "./route.ts";

export interface HealthOptions {
  readonly metrics: Metrics;
  readonly liveness: Readonly<Record<string, HealthCheck>>;
  readonly readiness: Readonly<Record<string, HealthCheck>>;
}

const VERSION = {
  major: "1",
  minor: "36",
  emulationMajor: "1",
  emulationMinor: "36",
  minCompatibilityMajor: "1",
  minCompatibilityMinor: "35",
  gitVersion: "v1.36.0",
  gitCommit: "",
  gitTreeState: "clean",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: "none",
  compiler: "node",
  platform: `${process.platform}/${process.arch === "x64" ? "amd64" : process.arch}`,
};

/** /version, /healthz, /livez, /readyz (with `?verbose`, `?exclude=` and single checks) and /metrics. */
export function createHealth({ metrics, liveness, readiness }: HealthOptions): PathHandler {
  const live = { ping: () => {}, ...liveness };
  const all = { ...live, ...readiness };
  return {
    handles: (path) => /^\/(version|metrics|(healthz|livez|readyz)(\/[^/]+)?)\/?$/.test(path),
    async serve(exchange) {
      const [, endpoint = "", check] = exchange.path.split("/");
      if (endpoint === "version") return respondJson(exchange, 200, VERSION);
      if (endpoint === "metrics") return respondText(exchange, 200, await metrics.metrics(), metrics.contentType);
      await serveChecks(exchange, endpoint, endpoint === "readyz" ? all : live, check);
    },
  };
}

async function serveChecks(
  exchange: Exchange,
  endpoint: string,
  checks: Readonly<Record<string, HealthCheck>>,
  single: string | undefined,
): Promise<void> {
  if (single && !checks[single]) return respondText(exchange, 404, "404 page not found\n");
  const excluded = new Set(exchange.query.getAll("exclude"));
  const chosen = Object.fromEntries(
    Object.entries(checks).filter(([name]) => (single ? name === single : !excluded.has(name))),
  );
  const { status, body } = await runHealthChecks(endpoint, chosen, exchange.query.has("verbose"));
  respondText(exchange, status, body);
}
