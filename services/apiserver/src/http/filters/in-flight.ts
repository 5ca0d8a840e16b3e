import type { Exchange, Filter } from "../exchange.ts";
import type { RequestMetrics } from "../request-metrics.ts";
import { turnAway } from "./turn-away.ts";

export interface InFlightLimits {
  readonly readOnly: number;
  readonly mutating: number;
}

const RETRY_AFTER_SECONDS = 1;
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
      return turnAway(exchange, RETRY_AFTER_SECONDS);
    }
    current[kind]++;
    try {
      await next(exchange);
    } finally {
      current[kind]--;
    }
  };
}
