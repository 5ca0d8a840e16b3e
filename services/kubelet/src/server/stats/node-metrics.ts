import { Counter, Gauge, type Registry } from "prom-client";
import type { RuntimePod } from "../../runtime/runtime.ts";
import type { NodeExchange } from "../http/node-exchange.ts";
import type { PodDirectory } from "../pod-directory.ts";

const LONG_RUNNING: ReadonlySet<string> = new Set(["exec", "attach", "portForward", "debug"]);
const PATHS: ReadonlySet<string> = new Set([
  "healthz",
  "pods",
  "stats",
  "metrics",
  "run",
  "exec",
  "attach",
  "portForward",
  "containerLogs",
  "configz",
  "runningpods",
  "logs",
  "debug",
]);

/** The kubelet's metrics about its node; the answer counts a request. */
export function registerNodeMetrics(registry: Registry, directory: PodDirectory): (exchange: NodeExchange) => void {
  const registers = [registry];
  new Gauge({
    name: "kubelet_node_name",
    help: "[ALPHA] The node's name. The count is always 1.",
    labelNames: ["node"],
    registers,
  }).set({ node: directory.nodeName }, 1);
  const containers = new Gauge({
    name: "kubelet_running_containers",
    help: "[ALPHA] Number of containers currently running",
    labelNames: ["container_state"],
    registers,
  });
  new Gauge({
    name: "kubelet_running_pods",
    help: "[ALPHA] Number of pods that have a running pod sandbox",
    registers,
    async collect() {
      const held = await directory.runtime.listPods().catch((): RuntimePod[] => []);
      this.set(held.filter(({ sandboxes }) => sandboxes.some(({ state }) => state === "running")).length);
      containers.reset();
      for (const { state } of held.flatMap((pod) => pod.containers)) containers.inc({ container_state: state });
    },
  });
  const requests = new Counter({
    name: "kubelet_http_requests_total",
    help: "[ALPHA] Number of the http requests received since the server started",
    labelNames: ["long_running", "method", "path", "server_type"],
    registers,
  });
  return ({ request, path }) => {
    const [, root = ""] = path.split("/");
    requests.inc({
      long_running: String(LONG_RUNNING.has(root)),
      method: request.method ?? "",
      path: PATHS.has(root) ? root : "other",
      server_type: "readwrite",
    });
  };
}
