import { availableParallelism } from "node:os";
import { type HealthCheck, runHealthChecks } from "@drydock/component";
import type { Registry } from "prom-client";
import type { KubeletConfig } from "../config.ts";
import { kubeletConfiguration } from "./endpoints/configz.ts";
import { containerLogs } from "./endpoints/container-logs.ts";
import { podList, runningPods } from "./endpoints/pods.ts";
import { portForward } from "./endpoints/port-forward.ts";
import { remoteCommand, runCommand } from "./endpoints/remote-command.ts";
import { cadvisor, resource, statsSummary } from "./endpoints/stats.ts";
import { answerJson, answerText, type NodeHandler } from "./http/node-exchange.ts";
import type { NodeRoute } from "./http/routes.ts";
import type { PodDirectory } from "./pod-directory.ts";
import { openAttach, openExec } from "./sessions.ts";
import type { UsageCollector } from "./stats/usage-collector.ts";

export interface NodeRoutesOptions {
  readonly config: KubeletConfig;
  readonly pods: PodDirectory;
  readonly collector: UsageCollector;
  readonly metrics: Registry;
  readonly probeMetrics: Registry;
  readonly health: Readonly<Record<string, HealthCheck>>;
}

const GET = ["GET"];
const STREAMS = ["GET", "POST"];
const CONTAINER = "{podNamespace}/{podID}/{containerName}";
const CONTAINER_OF_UID = "{podNamespace}/{podID}/{uid}/{containerName}";

/** Upstream's paths of a kubelet. */
export function nodeRoutes(options: NodeRoutesOptions): NodeRoute[] {
  const { config, pods, collector, metrics, probeMetrics, health } = options;
  return [
    { path: "/healthz", handle: healthz(health) },
    { path: "/healthz/{check}", handle: healthz(health) },
    { path: "/pods", methods: GET, handle: podList(pods) },
    { path: "/stats/summary", methods: STREAMS, handle: statsSummary(collector) },
    { path: "/metrics", handle: metricsOf(metrics) },
    { path: "/metrics/cadvisor", handle: cadvisor(collector, availableParallelism()) },
    { path: "/metrics/resource", handle: resource(collector) },
    { path: "/metrics/probes", handle: metricsOf(probeMetrics) },
    ...(config.enableDebuggingHandlers ? debuggingRoutes(config, pods) : disabledRoutes()),
  ];
}

function debuggingRoutes(config: KubeletConfig, pods: PodDirectory): NodeRoute[] {
  const exec = remoteCommand(pods, openExec);
  const attach = remoteCommand(pods, openAttach);
  const forward = portForward(pods);
  return [
    { path: `/run/${CONTAINER}`, methods: ["POST"], handle: runCommand(pods) },
    { path: `/run/${CONTAINER_OF_UID}`, methods: ["POST"], handle: runCommand(pods) },
    { path: `/exec/${CONTAINER}`, methods: STREAMS, handle: exec },
    { path: `/exec/${CONTAINER_OF_UID}`, methods: STREAMS, handle: exec },
    { path: `/attach/${CONTAINER}`, methods: STREAMS, handle: attach },
    { path: `/attach/${CONTAINER_OF_UID}`, methods: STREAMS, handle: attach },
    { path: "/portForward/{podNamespace}/{podID}", methods: STREAMS, handle: forward },
    { path: "/portForward/{podNamespace}/{podID}/{uid}", methods: STREAMS, handle: forward },
    { path: `/containerLogs/${CONTAINER}`, methods: GET, handle: containerLogs(pods) },
    {
      path: "/configz",
      handle: (exchange) => answerJson(exchange, { kubeletconfig: kubeletConfiguration(config) }),
    },
    { path: "/runningpods", methods: GET, handle: runningPods(pods) },
    ...refused("/logs", "logs endpoint is disabled."),
    ...refused("/debug/pprof", "profiling endpoint is disabled."),
    ...refused("/debug/flags/v", "flags endpoint is disabled."),
  ];
}

function disabledRoutes(): NodeRoute[] {
  const paths = ["/run", "/exec", "/attach", "/portForward", "/containerLogs", "/runningpods", "/debug/pprof", "/logs"];
  return paths.flatMap((path) => refused(path, "Debug endpoints are disabled."));
}

/** A path and what is below it, for which there is only one answer. */
function refused(path: string, why: string): NodeRoute[] {
  return [{ path: `${path}/{rest:*}`, handle: (exchange) => answerText(exchange, 405, `${why}\n`) }];
}

function healthz(checks: Readonly<Record<string, HealthCheck>>): NodeHandler {
  return async (exchange, { check }) => {
    const chosen = check === undefined ? checks : { ...(checks[check] && { [check]: checks[check] }) };
    if (Object.keys(chosen).length === 0) return answerText(exchange, 404, "404 page not found\n");
    const { status, body } = await runHealthChecks("healthz", chosen, exchange.query.has("verbose"));
    answerText(exchange, status, body);
  };
}

function metricsOf(registry: Registry): NodeHandler {
  return async (exchange) => answerText(exchange, 200, await registry.metrics(), registry.contentType);
}
