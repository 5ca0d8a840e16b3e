import type { ConnectHandler } from "../http/route.ts";
import type { Registry } from "../registry/registry.ts";
import type { DialPod } from "../webhook-client/target.ts";
import { admitConnect } from "./admit-connect.ts";
import { serveExec } from "./exec.ts";
import { serveLogs } from "./logs.ts";
import type { NodeClients } from "./node-clients.ts";
import { servePortForward } from "./port-forward.ts";
import { createProxy } from "./proxy/serve-proxy.ts";

/** The subresources that are connections to elsewhere. `dialPod` says how pods are reached where their addresses are not. */
export function createConnect(registry: Registry, nodes: NodeClients, dialPod: DialPod | undefined): ConnectHandler {
  const handlers = [createStreams(registry, nodes), createProxy(registry, nodes.tls, dialPod)];
  return {
    handles: (exchange) => handlers.some((handler) => handler.handles(exchange)),
    serve: async (exchange) => handlers.find((handler) => handler.handles(exchange))?.serve(exchange),
  };
}

/** The subresources of pods that stream from a kubelet. */
function createStreams(registry: Registry, nodes: NodeClients): ConnectHandler {
  return {
    handles: ({ info }) =>
      info.group === "" &&
      info.resource === "pods" &&
      ["log", "exec", "attach", "portforward"].includes(info.subresource),
    async serve(exchange) {
      await admitConnect(registry, exchange);
      if (exchange.info.subresource === "log") await serveLogs(registry, nodes, exchange);
      else if (exchange.info.subresource === "portforward") await servePortForward(registry, nodes, exchange);
      else await serveExec(registry, nodes, exchange);
    },
  };
}
