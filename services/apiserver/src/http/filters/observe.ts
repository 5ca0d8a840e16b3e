import type { Logger } from "@drydock/component";
import type { Exchange, Filter } from "../exchange.ts";
import { dryRunLabel, type RequestMetrics, requestLabels } from "../request-metrics.ts";

const MUTATING: ReadonlySet<string> = new Set(["create", "update", "patch", "delete", "deletecollection"]);
/** Their answers' sizes are worth knowing, upstream finds. */
const SIZED: ReadonlySet<string> = new Set(["GET", "LIST"]);

/** Counts and times every request under upstream's metric names, and logs those that change something. */
export function observe(metrics: RequestMetrics, logger: Logger): Filter {
  return async (exchange, next) => {
    await next(exchange);
    const seconds = (Date.now() - exchange.startedAtMs) / 1000;
    const labels = requestLabels(exchange);
    const counted = { ...labels, dry_run: dryRunLabel(exchange) };
    const code = String(exchange.response.statusCode);
    metrics.total.inc({ ...counted, code });
    if (code === "429" || code === "504") metrics.terminations.inc({ ...labels, code });
    if (!exchange.isLongRunning) metrics.durationSeconds.observe(counted, seconds);
    const size = Number(exchange.response.getHeader("content-length"));
    if (SIZED.has(labels.verb) && exchange.info.isResourceRequest && size > 0)
      metrics.responseBytes.observe(labels, size);
    logChange(exchange, seconds, logger);
  };
}

function logChange({ info, path, response, user }: Exchange, seconds: number, logger: Logger): void {
  const { verb, isResourceRequest } = info;
  if (!MUTATING.has(verb) || !isResourceRequest) return;
  logger.info({ verb, path, code: response.statusCode, user: user.name, seconds }, "request served");
}

/** Counts what lasts while it lasts; knows the request, so it stands behind `requestInfo`. */
export function observeLongRunning({ longRunning }: RequestMetrics): Filter {
  return async (exchange, next) => {
    if (!exchange.isLongRunning) return next(exchange);
    const labels = requestLabels(exchange);
    longRunning.inc(labels);
    try {
      await next(exchange);
    } finally {
      longRunning.dec(labels);
    }
  };
}
