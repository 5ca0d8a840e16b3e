import { distinguisherOf, type FlowRequest } from "../../flow-control/flow.ts";
import type { FlowControl } from "../../flow-control/flow-control.ts";
import type { FlowControlMetrics } from "../../flow-control/flow-control-metrics.ts";
import type { Exchange, Filter, Handler } from "../exchange.ts";
import type { RequestMetrics } from "../request-metrics.ts";
import { respondText } from "../respond.ts";
import { requestKind } from "./in-flight.ts";

/**
 * API Priority and Fairness: a request waits for a seat of its priority level, or is turned away. A watch gives its seat back as it
 * begins; other streams (logs, exec) need none.
 */
export function priorityAndFairness(
  control: FlowControl,
  flowMetrics: FlowControlMetrics,
  { inFlightNow }: RequestMetrics,
): Filter {
  const run = async (exchange: Exchange, next: Handler, leave: () => void) => {
    const kind = requestKind(exchange);
    inFlightNow[kind]++;
    try {
      await next(exchange);
    } finally {
      inFlightNow[kind]--;
      leave();
    }
  };
  return async (exchange, next) => {
    const { user, info, isLongRunning, response, abort } = exchange;
    const isWatch = info.verb === "watch";
    if (isLongRunning && !isWatch) return next(exchange);
    const flow = control.classify(user, info);
    const { level } = flow;
    response.setHeader("X-Kubernetes-PF-FlowSchema-UID", flow.schemaUid);
    response.setHeader("X-Kubernetes-PF-PriorityLevel-UID", level.uid);
    const arrivedAtMs = Date.now();
    const distinguisher = distinguisherOf(flow, user, info);
    const request: FlowRequest = { flow, distinguisher, user, info, arrivedAtMs, startedAtMs: arrivedAtMs };
    if (level.isExempt) {
      level.enterExempt(request);
      if (!isWatch) return run(exchange, next, () => level.leaveExempt(request));
      level.leaveExempt(request);
      return next(exchange);
    }
    const arrival = level.enter(request, abort.signal);
    const entry = arrival instanceof Promise ? await arrival : arrival;
    request.startedAtMs = Date.now();
    flowMetrics.observeWait(flow, entry.kind === "seat", (request.startedAtMs - arrivedAtMs) / 1000);
    if (entry.kind === "rejected") return turnAway(exchange);
    if (!isWatch) return run(exchange, next, entry.leave);
    entry.leave();
    return next(exchange);
  };
}

/** Plain text, as upstream has it; clients wait as long as the header says. */
function turnAway(exchange: Exchange): void {
  exchange.response.setHeader("Retry-After", "1");
  exchange.response.setHeader("X-Content-Type-Options", "nosniff");
  respondText(exchange, 429, "Too many requests, please try again later.\n");
}
