import type { V1Pod } from "@drydock/kube-api";
import type { RuntimePod } from "../../runtime/runtime.ts";
import { answerJson, type NodeHandler } from "../http/node-exchange.ts";
import type { PodDirectory } from "../pod-directory.ts";

/** `/pods`: what the node is to run. */
export function podList(directory: PodDirectory): NodeHandler {
  return (exchange) => answerPods(exchange, directory.pods());
}

/** `/runningpods/`: what the runtime holds. */
export function runningPods(directory: PodDirectory): NodeHandler {
  return async (exchange) => {
    const held = await directory.runtime.listPods();
    answerPods(exchange, held.filter(isRunning).map(asPod));
  };
}

function answerPods(exchange: Parameters<NodeHandler>[0], items: readonly V1Pod[]): void {
  const bare = items.map(({ kind: _kind, apiVersion: _version, ...pod }) => pod);
  answerJson(exchange, { kind: "PodList", apiVersion: "v1", metadata: {}, items: bare });
}

function isRunning({ containers }: RuntimePod): boolean {
  return containers.some(({ state }) => state === "running");
}

function asPod({ name, namespace, uid, containers }: RuntimePod): V1Pod {
  const running = containers.filter(({ state }) => state === "running");
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, uid },
    spec: { containers: running.map((container) => ({ name: container.name, image: container.image, resources: {} })) },
    status: {},
  };
}
