import { posix } from "node:path";
import { methodNotAllowed } from "@drydock/apimachinery";
import type { TlsMaterial } from "@drydock/component";
import type { Exchange } from "../../http/exchange.ts";
import { writeHead } from "../../http/response-head.ts";
import type { ConnectHandler } from "../../http/route.ts";
import type { Registry } from "../../registry/registry.ts";
import { escapePath } from "../../reverse-proxy/proxied-links.ts";
import type { DialPod } from "../../webhook-client/target.ts";
import { reviewConnect } from "../admit-connect.ts";
import { proxyTarget } from "./proxy-target.ts";
import { proxyTo, searchOf } from "./proxy-to.ts";

const KINDS: Readonly<Record<string, string>> = {
  pods: "PodProxyOptions",
  services: "ServiceProxyOptions",
  nodes: "NodeProxyOptions",
};
const METHODS: ReadonlySet<string> = new Set(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]);
const FOLLOWED: ReadonlySet<string> = new Set(["GET", "HEAD"]);

/** pods/proxy, services/proxy and nodes/proxy: HTTP of any method, and upgrades, to a port inside the cluster. */
export function createProxy(
  registry: Registry,
  kubeletTls: TlsMaterial | undefined,
  dialPod: DialPod | undefined,
): ConnectHandler {
  return {
    handles: ({ info: { verb, group, version, resource, name, subresource } }) =>
      subresource === "proxy" &&
      group === "" &&
      version === "v1" &&
      resource in KINDS &&
      name !== "" &&
      verb !== "watch",
    async serve(exchange) {
      if (!METHODS.has(exchange.request.method ?? "")) throw methodNotAllowed();
      const path = await admittedPath(registry, exchange);
      const target = proxyTarget(registry, exchange.info);
      const { upgrade, request } = exchange;
      if (path === "" && !upgrade && FOLLOWED.has(request.method ?? "")) return redirectToSlash(exchange);
      await proxyTo(exchange, target, escapePath(path), { kubeletTls, dialPod });
    },
  };
}

/** The path at the target, which webhooks see as an option of the connection and may change. */
async function admittedPath(registry: Registry, exchange: Exchange): Promise<string> {
  const { info, path } = exchange;
  const isOpen = path.endsWith("/");
  const asked = info.rest.length > 0 ? `/${info.rest.join("/")}${isOpen ? "/" : ""}` : isOpen ? "/" : "";
  const kind = KINDS[info.resource] ?? "";
  const options = { kind, apiVersion: "v1", ...(asked !== "" && { path: asked }) };
  let admitted = asked;
  await reviewConnect(registry, exchange, {
    kind,
    options,
    accept() {
      admitted = options.path ?? "";
    },
  });
  return admitted === "" ? "" : posix.join("/", admitted);
}

/** Relative links of a page would miss the proxy's last segment. */
function redirectToSlash(exchange: Exchange): void {
  const { response, path } = exchange;
  writeHead(exchange, 301, "");
  response.setHeader("Location", `${path}/${searchOf(exchange)}`);
  response.end();
}
