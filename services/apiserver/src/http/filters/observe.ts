import type { Logger } from "@drydock/component";
import { Counter, Histogram, type Registry } from "prom-client";
import type { Filter } from "../exchange.ts";
import type { RequestInfo } from "../request-info.ts";

const MUTATING: ReadonlySet<string> = new Set(["create", "update", "patch", "delete", "deletecollection"]);
/** Upstream's buckets for apiserver_request_duration_seconds. */
const BUCKETS_SECONDS = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
];

/** Counts and times every request under upstream's metric names, and logs those that change something. */
export function observe(metrics: Registry, logger: Logger): Filter {
  const labelNames = ["verb", "group", "version", "resource", "subresource", "scope"] as const;
  const total = new Counter({
    name: "apiserver_request_total",
    help: "Counter of apiserver requests broken out for each verb, API resource and HTTP response code.",
    labelNames: [...labelNames, "code"],
    registers: [metrics],
  });
  const duration = new Histogram({
    name: "apiserver_request_duration_seconds",
    help: "Response latency distribution in seconds for each verb, group, version, resource, subresource and scope.",
    labelNames,
    buckets: BUCKETS_SECONDS,
    registers: [metrics],
  });
  return async (exchange, next) => {
    await next(exchange);
    const { info, response, startedAtMs, isLongRunning } = exchange;
    const seconds = (Date.now() - startedAtMs) / 1000;
    const { verb, group, version, resource, subresource } = info;
    const labels = { verb: verb.toUpperCase(), group, version, resource, subresource, scope: scopeOf(info) };
    total.inc({ ...labels, code: String(response.statusCode) });
    if (!isLongRunning) duration.observe(labels, seconds);
    if (MUTATING.has(verb) && info.isResourceRequest)
      logger.info(
        { verb, path: exchange.path, code: response.statusCode, user: exchange.user.name, seconds },
        "request served",
      );
  };
}

function scopeOf({ isResourceRequest, name, namespace, verb }: RequestInfo): string {
  if (!isResourceRequest) return "";
  if (name !== "" || verb === "create") return "resource";
  return namespace === "" ? "cluster" : "namespace";
}
