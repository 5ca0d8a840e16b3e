import { tooManyRequests } from "@drydock/apimachinery";
import type { Exchange, Filter } from "../exchange.ts";
import type { RequestMetrics } from "../request-metrics.ts";

export interface InFlightLimits {
  readonly readOnly: number;
  readonly mutating: number;
}

const READ_VERBS = new Set(["get", "list", "watch"]);

export function requestKind({ info }: Exchange): keyof InFlightLimits {
  return READ_VERBS.has(info.verb) ? "readOnly" : "mutating";
}

/** Turns requests away when too many are being worked on; those that last (watches, logs) are not counted. */
export function inFlight(limits: InFlightLimits, { inFlightNow: current }: RequestMetrics): Filter {
  return async (exchange, next) => {
    if (exchange.isLongRunning) return next(exchange);
    const kind = requestKind(exchange);
    if (current[kind] >= limits[kind] && !exchange.user.groups.includes("system:masters")) {
      throw tooManyRequests("Too many requests, please try again later.", 1);
    }
    current[kind]++;
    try {
      await next(exchange);
    } finally {
      current[kind]--;
    }
  };
}
