import type { FlagSet } from "@drydock/component";
import type { Registry as Metrics } from "prom-client";
import { PageNotFound } from "../page-not-found.ts";
import { respondRaw, respondText } from "../respond.ts";
import type { PathHandler } from "../route.ts";
import { flagzPage } from "./flagz.ts";
import {
  type ChecksByEndpoint,
  type HealthEndpoint,
  healthEndpoints,
  serveCheck,
  serveChecks,
} from "./health-checks.ts";
import { servePage } from "./process-pages.ts";
import { createSliMetrics } from "./sli-metrics.ts";
import { statuszPage } from "./statusz.ts";
import { versionInfo } from "./version-info.ts";

export interface HealthOptions {
  readonly metrics: Metrics;
  readonly checks: ChecksByEndpoint;
  readonly flags: FlagSet;
  readonly config: object;
}

/** What is asked about the process: its health, its figures, its version and its flags. */
export function createHealth({ metrics, checks, flags, config }: HealthOptions): PathHandler {
  const startedAtMs = Date.now() - performance.now();
  const slis = createSliMetrics(startedAtMs);
  return {
    handles: (path) => /^\/(version\/?|statusz|flagz|metrics(\/slis)?|(healthz|livez|readyz)(\/.*)?)$/.test(path),
    async serve(exchange) {
      const [, page = "", ...rest] = exchange.path.split("/");
      if (page === "version") {
        // Always indented, as people read it.
        return respondRaw(exchange, 200, "application/json", Buffer.from(JSON.stringify(versionInfo, undefined, 2)));
      }
      if (page === "statusz") return servePage(exchange, statuszPage(startedAtMs, Date.now()));
      if (page === "flagz") return servePage(exchange, flagzPage(flags, config));
      if (page === "metrics") {
        const shown = rest.length === 0 ? metrics : slis.registry;
        exchange.response.setHeader("Process-Start-Time-Unix", String(Math.round(startedAtMs / 1000)));
        return respondText(exchange, 200, await shown.metrics(), shown.contentType);
      }
      const endpoint = healthEndpoints.find((known) => known === page);
      if (!endpoint) throw new PageNotFound();
      if (rest.length > 0) return serveCheck(exchange, checks[endpoint].get(rest.join("/")));
      await serveChecks(exchange, { endpoint, checks: checks[endpoint], slis });
    },
  };
}

/** The paths of single checks. */
export function checkPaths(checks: ChecksByEndpoint): string[] {
  return healthEndpoints.flatMap((endpoint: HealthEndpoint) =>
    [...checks[endpoint].keys()].map((name) => `/${endpoint}/${name}`),
  );
}
