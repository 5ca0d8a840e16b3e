import type { ConnectHandler } from "../http/route.ts";
import type { Registry } from "../registry/registry.ts";
import { admitConnect } from "./admit-connect.ts";
import { serveExec } from "./exec.ts";
import { serveLogs } from "./logs.ts";
import type { NodeClients } from "./node-clients.ts";
import { servePortForward } from "./port-forward.ts";

/** The subresources of pods that stream from a kubelet. */
export function createConnect(registry: Registry, nodes: NodeClients): ConnectHandler {
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
