import type { Clock } from "@drydock/base";
import type { Logger } from "@drydock/component";
import type { Registry as Metrics } from "prom-client";
import type { ApiserverConfig } from "../config.ts";
import type { Filter } from "../http/exchange.ts";
import { inFlight } from "../http/filters/in-flight.ts";
import { priorityAndFairness } from "../http/filters/priority-and-fairness.ts";
import type { RequestMetrics } from "../http/request-metrics.ts";
import type { PathHandler } from "../http/route.ts";
import type { Registry } from "../registry/registry.ts";
import { createDebugDumps } from "./debug-dumps.ts";
import { FlowControl } from "./flow-control.ts";
import { FlowObjectsWatch } from "./flow-objects-watch.ts";
import { registerFlowControlMetrics } from "./metrics/flow-control-metrics.ts";
import { createObjectStats } from "./work/object-stats.ts";
import { WatchTracker } from "./work/watch-tracker.ts";

/** What keeps many requests from taking the server from each other. */
interface Overload {
  readonly filter: Filter;
  readonly paths: readonly PathHandler[];
  /** Who watches, be it by REST or otherwise. */
  readonly watches: WatchTracker;
  /** The caches must be filled. */
  start(): void;
  stop(): void;
}

interface Parts {
  readonly registry: Registry;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly requestMetrics: RequestMetrics;
  readonly logger: Logger;
}

/** Longer than this part of a request's time it does not wait for a seat. */
const WAITING_PART = 1 / 4;

/** Priority and fairness, or where it is switched off, two limits of requests in flight. */
export function createFlowControl(config: ApiserverConfig, parts: Parts): Overload {
  const { registry, clock, metrics, requestMetrics, logger } = parts;
  const watches = new WatchTracker();
  const limits = { readOnly: config.maxRequestsInflight, mutating: config.maxMutatingRequestsInflight };
  if (!config.enablePriorityAndFairness)
    return { filter: inFlight(limits, requestMetrics), paths: [], watches, start() {}, stop() {} };
  const totalSeats = limits.readOnly + limits.mutating;
  const control = new FlowControl({ clock, totalSeats, waitLimitMs: config.requestTimeout * WAITING_PART });
  const watch = new FlowObjectsWatch(registry, control, logger);
  return {
    filter: priorityAndFairness({
      control,
      flowMetrics: registerFlowControlMetrics(metrics, control, clock),
      requestMetrics,
      watches,
      work: { statsOf: createObjectStats(registry, clock), watchersOf: (info) => watches.interestedIn(info) },
    }),
    watches,
    paths: [createDebugDumps(control)],
    start() {
      watch.start();
      control.start();
    },
    stop() {
      watch.stop();
      control.stop();
    },
  };
}
