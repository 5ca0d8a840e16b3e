import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { type Exchange, headerOf } from "./exchange.ts";
import type { RequestInfo } from "./request-info.ts";

/** Upstream's buckets for apiserver_request_duration_seconds. */
const SECONDS = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];
const RESPONSE_BYTES = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
const EVENT_BYTES = Array.from({ length: 8 }, (_, index) => 1024 * 2 ** index);

const KIND = ["group", "version", "resource"] as const;
const REQUEST = ["verb", ...KIND, "subresource", "scope", "component"] as const;
const COUNTED = [...REQUEST, "dry_run"] as const;

/** What upstream's server measures of requests, under its names. */
export type RequestMetrics = ReturnType<typeof createRequestMetrics>;

export function createRequestMetrics(registry: Registry) {
  const registers = [registry];
  const inFlightNow = registerInFlight(registry);
  return {
    total: new Counter({
      name: "apiserver_request_total",
      help: "Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.",
      labelNames: [...COUNTED, "code"],
      registers,
    }),
    durationSeconds: new Histogram({
      name: "apiserver_request_duration_seconds",
      help: "Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.",
      labelNames: COUNTED,
      buckets: SECONDS,
      registers,
    }),
    responseBytes: new Histogram({
      name: "apiserver_response_sizes",
      help: "Response size distribution in bytes for each group, version, verb, resource, subresource, scope and component.",
      labelNames: REQUEST,
      buckets: RESPONSE_BYTES,
      registers,
    }),
    longRunning: new Gauge({
      name: "apiserver_longrunning_requests",
      help: "Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component.",
      labelNames: REQUEST,
      registers,
    }),
    /** Requests that are worked on; kept by whoever limits them. */
    inFlightNow,
    terminations: new Counter({
      name: "apiserver_request_terminations_total",
      help: "Number of requests which apiserver terminated in self-defense.",
      labelNames: [...REQUEST, "code"],
      registers,
    }),
    watchEvents: new Counter({
      name: "apiserver_watch_events_total",
      help: "Number of events sent in watch clients",
      labelNames: KIND,
      registers,
    }),
    watchEventBytes: new Histogram({
      name: "apiserver_watch_events_sizes",
      help: "Watch event size distribution in bytes",
      labelNames: KIND,
      buckets: EVENT_BYTES,
      registers,
    }),
  };
}

/** Read when it is asked for. */
function registerInFlight(registry: Registry): { readOnly: number; mutating: number } {
  const now = { readOnly: 0, mutating: 0 };
  new Gauge({
    name: "apiserver_current_inflight_requests",
    help: "Currently used inflight request limit of this apiserver per request kind.",
    labelNames: ["request_kind"],
    registers: [registry],
    collect() {
      this.set({ request_kind: "readOnly" }, now.readOnly);
      this.set({ request_kind: "mutating" }, now.mutating);
    },
  });
  return now;
}

const METHODS: Readonly<Record<string, string>> = { create: "POST", update: "PUT", get: "GET" };
const CONNECTS: ReadonlySet<string> = new Set(["exec", "attach", "portforward", "proxy", "log"]);

/** The labels of one request. Verbs are HTTP's, but for those of the API that HTTP has no word for. */
export function requestLabels(exchange: Exchange) {
  const { info, request } = exchange;
  const { verb, group, version, resource, subresource } = info;
  const isApply = verb === "patch" && headerOf(request, "content-type").startsWith("application/apply-patch+");
  const isConnect = info.isResourceRequest && CONNECTS.has(subresource);
  const word = isApply ? "APPLY" : isConnect ? "CONNECT" : (METHODS[verb] ?? verb.toUpperCase());
  return { verb: word, group, version, resource, subresource, scope: scopeOf(info), component: "apiserver" };
}

export function dryRunLabel({ query }: Exchange): string {
  return [...new Set(query.getAll("dryRun"))].sort().join(",");
}

function scopeOf({ isResourceRequest, name, namespace, verb }: RequestInfo): string {
  if (!isResourceRequest) return "";
  if (name !== "" || verb === "create") return "resource";
  return namespace === "" ? "cluster" : "namespace";
}
