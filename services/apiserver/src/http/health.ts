import type { HealthCheck } from "@drydock/component";
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
    handles: (path) => /^\/(version|metrics|(healthz|livez|readyz)(\/.+)?)\/?$/.test(path),
    async serve(exchange) {
      const [, endpoint = "", ...rest] = exchange.path.replace(/\/$/, "").split("/");
      const check = rest.join("/");
      if (endpoint === "version") return respondJson(exchange, 200, VERSION);
      if (endpoint === "metrics") return respondText(exchange, 200, await metrics.metrics(), metrics.contentType);
      await serveChecks(exchange, endpoint, endpoint === "readyz" ? all : live, check);
    },
  };
}

type Checks = Readonly<Record<string, HealthCheck>>;

/** As upstream's healthz package: reasons are for the log, what is excluded counts as well. */
async function serveChecks(
  exchange: Exchange,
  endpoint: string,
  checks: Checks,
  single: string | undefined,
): Promise<void> {
  exchange.response.setHeader("X-Content-Type-Options", "nosniff");
  if (single) return serveCheck(exchange, checks[single]);
  const excluded = new Set(exchange.query.getAll("exclude").filter((name) => name !== ""));
  const lines: string[] = [];
  let hasFailed = false;
  for (const [name, check] of Object.entries(checks)) {
    const isExcluded = excluded.delete(name);
    const reason = isExcluded ? undefined : await reasonOf(check);
    hasFailed ||= reason !== undefined;
    lines.push(
      isExcluded ? `[+]${name} excluded: ok` : reason ? `[-]${name} failed: reason withheld` : `[+]${name} ok`,
    );
  }
  if (excluded.size > 0) {
    const names = [...excluded].map((name) => JSON.stringify(name)).join(", ");
    lines.push(`warn: some health checks cannot be excluded: no matches for ${names}`);
  }
  const text = `${lines.join("\n")}\n`;
  if (hasFailed) return respondText(exchange, 500, `${text}${endpoint} check failed\n`);
  respondText(exchange, 200, exchange.query.has("verbose") ? `${text}${endpoint} check passed\n` : "ok");
}

async function serveCheck(exchange: Exchange, check: HealthCheck | undefined): Promise<void> {
  if (!check) return respondText(exchange, 404, "404 page not found\n");
  const reason = await reasonOf(check);
  if (reason === undefined) return respondText(exchange, 200, "ok");
  respondText(exchange, 500, `internal server error: ${reason}\n`);
}

/** Why a check fails; undefined when it does not. */
async function reasonOf(check: HealthCheck): Promise<string | undefined> {
  try {
    await check();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
