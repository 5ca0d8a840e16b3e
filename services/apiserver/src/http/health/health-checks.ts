import type { HealthCheck } from "@drydock/component";
import type { Exchange } from "../exchange.ts";
import { PageNotFound } from "../page-not-found.ts";
import { respondText } from "../respond.ts";
import type { SliMetrics } from "./sli-metrics.ts";

export const healthEndpoints = ["healthz", "livez", "readyz"] as const;
export type HealthEndpoint = (typeof healthEndpoints)[number];

/** By name, in the order in which they are told. */
export type HealthChecks = ReadonlyMap<string, HealthCheck>;

/** What each endpoint asks for. */
export type ChecksByEndpoint = Readonly<Record<HealthEndpoint, HealthChecks>>;

interface Question {
  readonly endpoint: HealthEndpoint;
  readonly checks: HealthChecks;
  readonly slis: SliMetrics;
}

/** All checks of an endpoint, as upstream's healthz package: reasons are for the log, what is excluded counts as well. */
export async function serveChecks(exchange: Exchange, { endpoint, checks, slis }: Question): Promise<void> {
  exchange.response.setHeader("X-Content-Type-Options", "nosniff");
  const excluded = new Set(exchange.query.getAll("exclude").filter((name) => name !== ""));
  const lines: string[] = [];
  let hasFailed = false;
  for (const [name, check] of checks) {
    if (excluded.delete(name)) {
      lines.push(`[+]${name} excluded: ok`);
      continue;
    }
    const reason = await reasonOf(check);
    slis.observe(endpoint, name, reason === undefined);
    hasFailed ||= reason !== undefined;
    lines.push(reason === undefined ? `[+]${name} ok` : `[-]${name} failed: reason withheld`);
  }
  if (excluded.size > 0) {
    const names = [...excluded].map((name) => JSON.stringify(name)).join(", ");
    lines.push(`warn: some health checks cannot be excluded: no matches for ${names}`);
  }
  const text = `${lines.join("\n")}\n`;
  if (hasFailed) return respondText(exchange, 500, `${text}${endpoint} check failed\n`);
  respondText(exchange, 200, exchange.query.has("verbose") ? `${text}${endpoint} check passed\n` : "ok");
}

/** One check, which says why it fails. */
export async function serveCheck(exchange: Exchange, check: HealthCheck | undefined): Promise<void> {
  if (!check) throw new PageNotFound();
  const reason = await reasonOf(check);
  if (reason === undefined) return respondText(exchange, 200, "ok");
  exchange.response.setHeader("X-Content-Type-Options", "nosniff");
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
