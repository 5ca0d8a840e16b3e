import { tooManyRequests } from "@drydock/apimachinery";
import type { Filter } from "../exchange.ts";
import type { RequestMetrics } from "../request-metrics.ts";

export interface InFlightLimits {
  readonly readOnly: number;
  readonly mutating: number;
}

const READ_VERBS = new Set(["get", "list", "watch"]);

/** Turns requests away when too many are being worked on; those that last (watches, logs) are not counted. */
export function inFlight(limits: InFlightLimits, metrics: RequestMetrics): Filter {
  const current = { readOnly: 0, mutating: 0 };
  return async (exchange, next) => {
    if (exchange.isLongRunning) return next(exchange);
    const kind = READ_VERBS.has(exchange.info.verb) ? "readOnly" : "mutating";
    if (current[kind] >= limits[kind] && !exchange.user.groups.includes("system:masters")) {
      throw tooManyRequests("Too many requests, please try again later.", 1);
    }
    current[kind]++;
    metrics.inFlight.set({ request_kind: kind }, current[kind]);
    try {
      await next(exchange);
    } finally {
      current[kind]--;
      metrics.inFlight.set({ request_kind: kind }, current[kind]);
    }
  };
}
