import { distinguisherOf, type Flow, type FlowRequest, seatsOf } from "../../flow-control/flow.ts";
import type { FlowControl } from "../../flow-control/flow-control.ts";
import type { FlowControlMetrics } from "../../flow-control/metrics/flow-control-metrics.ts";
import type { Entry } from "../../flow-control/priority-level.ts";
import type { WatchTracker } from "../../flow-control/work/watch-tracker.ts";
import { estimateWork, type WorkPorts } from "../../flow-control/work/work-estimate.ts";
import type { Exchange, Filter, Handler } from "../exchange.ts";
import type { RequestMetrics } from "../request-metrics.ts";
import { requestKind } from "./in-flight.ts";
import { turnAway } from "./turn-away.ts";

interface FairnessParts {
  readonly control: FlowControl;
  readonly flowMetrics: FlowControlMetrics;
  readonly requestMetrics: RequestMetrics;
  readonly watches: WatchTracker;
  readonly work: WorkPorts;
}

/**
 * API Priority and Fairness: a request waits for seats of its priority level, or is turned away. A watch gives its seats back when it has
 * told what it begins with; other streams (logs, exec) need none.
 */
export function priorityAndFairness(parts: FairnessParts): Filter {
  const { control, flowMetrics } = parts;
  return async (exchange, next) => {
    const { user, info, isLongRunning, response, abort } = exchange;
    if (isLongRunning && info.verb !== "watch") return next(exchange);
    const flow = control.classify(user, info);
    const { level } = flow;
    response.setHeader("X-Kubernetes-PF-FlowSchema-UID", flow.schemaUid);
    response.setHeader("X-Kubernetes-PF-PriorityLevel-UID", level.uid);
    const request = requestOf(exchange, flow, parts);
    flowMetrics.observeSeats(flow, seatsOf(request));
    if (level.isExempt) {
      level.enterExempt(request);
      return run(parts, exchange, request, next, () => level.leaveExempt(request));
    }
    const arrival = level.enter(request, abort.signal);
    const entry = arrival instanceof Promise ? await waiting(parts, exchange, arrival) : arrival;
    request.startedAtMs = Date.now();
    flowMetrics.observeWait(flow, entry.kind === "seat", (request.startedAtMs - request.arrivedAtMs) / 1000);
    if (entry.kind === "rejected") return turnAway(exchange, level.retryAfter.seconds);
    return run(parts, exchange, request, next, entry.leave);
  };
}

async function waiting({ flowMetrics }: FairnessParts, exchange: Exchange, arrival: Promise<Entry>): Promise<Entry> {
  const kind = requestKind(exchange);
  flowMetrics.count(kind, "waiting", 1);
  try {
    return await arrival;
  } finally {
    flowMetrics.count(kind, "waiting", -1);
  }
}

function requestOf({ user, info, query }: Exchange, flow: Flow, { work, flowMetrics }: FairnessParts): FlowRequest {
  const arrivedAtMs = Date.now();
  return {
    flow,
    distinguisher: distinguisherOf(flow, user, info),
    user,
    info,
    work: estimateWork(info, query, flow.level.maxSeats, {
      ...work,
      watchersOf(of) {
        const count = work.watchersOf(of);
        flowMetrics.observeWatchers(flow, count);
        return count;
      },
    }),
    arrivedAtMs,
    startedAtMs: arrivedAtMs,
  };
}

async function run(
  { flowMetrics, requestMetrics: { inFlightNow }, watches }: FairnessParts,
  exchange: Exchange,
  request: FlowRequest,
  next: Handler,
  leave: () => void,
): Promise<void> {
  const isWatch = exchange.info.verb === "watch";
  const kind = requestKind(exchange);
  const began = performance.now();
  let isOver = false;
  const end = () => {
    if (isOver) return;
    isOver = true;
    flowMetrics.observeExecution(request.flow, isWatch, (performance.now() - began) / 1000);
    inFlightNow[kind]--;
    flowMetrics.count(kind, "executing", -1);
    leave();
  };
  inFlightNow[kind]++;
  flowMetrics.count(kind, "executing", 1);
  if (isWatch) exchange.onWatchBegan = end;
  const forget = isWatch ? watches.register(exchange.info) : undefined;
  try {
    await next(exchange);
  } finally {
    forget?.();
    end();
  }
}
