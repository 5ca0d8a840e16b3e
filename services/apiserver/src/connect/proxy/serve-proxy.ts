import { isIPv6 } from "node:net";
import { posix } from "node:path";
import { connect } from "node:tls";
import { StatusError, serviceUnavailable } from "@drydock/apimachinery";
import { type Exchange, headerOf } from "../../http/exchange.ts";
import { writeHead } from "../../http/response-head.ts";
import type { ConnectHandler } from "../../http/route.ts";
import type { Registry } from "../../registry/registry.ts";
import { type Destination, forwardedRequest, passRequest } from "../../reverse-proxy/pass-request.ts";
import { escapePath } from "../../reverse-proxy/proxied-links.ts";
import { goErrorText } from "../../webhook-client/go-error-text.ts";
import type { DialPod } from "../../webhook-client/target.ts";
import { reviewConnect } from "../admit-connect.ts";
import { answerChanges } from "./answer-changes.ts";
import { type ProxyTarget, proxyTarget } from "./proxy-target.ts";

const KINDS: Readonly<Record<string, string>> = {
  pods: "PodProxyOptions",
  services: "ServiceProxyOptions",
  nodes: "NodeProxyOptions",
};
const FOLLOWED: ReadonlySet<string> = new Set(["GET", "HEAD"]);

/** pods/proxy, services/proxy and nodes/proxy: HTTP of any method, and upgrades, to a port inside the cluster. */
export function createProxy(registry: Registry, dialPod: DialPod | undefined): ConnectHandler {
  return {
    handles: ({ info: { group, version, resource, name, subresource } }) =>
      group === "" && version === "v1" && subresource === "proxy" && name !== "" && resource in KINDS,
    async serve(exchange) {
      const path = await admittedPath(registry, exchange);
      const target = proxyTarget(registry, exchange.info);
      const { upgrade, request } = exchange;
      if (path === "" && !upgrade && FOLLOWED.has(request.method ?? "")) return redirectToSlash(exchange);
      await pass(exchange, target, escapePath(path), dialPod);
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

function searchOf({ request }: Exchange): string {
  const url = request.url ?? "";
  const at = url.indexOf("?");
  return at < 0 ? "" : url.slice(at);
}

async function pass(
  exchange: Exchange,
  target: ProxyTarget,
  path: string,
  dialPod: DialPod | undefined,
): Promise<void> {
  const { upgrade, response, abort, request } = exchange;
  const requestHost = headerOf(request, "host") || headerOf(request, ":authority");
  const prefix = prefixOf(exchange);
  const headers = {
    Host: requestHost,
    ...(!upgrade && { "X-Forwarded-Uri": prefix + path }),
  };
  const destination = { ...wayTo(target, dialPod), path: (path || "/") + searchOf(exchange), headers };
  try {
    const page = { prefix, targetHost: authorityOf(target), requestHost };
    await passRequest(
      exchange,
      forwardedRequest(exchange, destination),
      upgrade ? undefined : answerChanges(exchange, page),
    );
  } catch (error) {
    abort.signal.throwIfAborted();
    if (!response.headersSent) throw failure(error as Error, target, upgrade !== undefined);
    response.destroy();
  }
}

/** What stands before the target's own paths. */
function prefixOf({ info }: Exchange): string {
  const { version, namespace, resource, name } = info;
  const scope = namespace === "" ? "" : `/namespaces/${namespace}`;
  return escapePath(`/api/${version}${scope}/${resource}/${name}/proxy`);
}

function authorityOf({ host, port }: ProxyTarget): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

/** Nobody's certificate is verified: whoever asks knows an address, not a name. */
function wayTo({ scheme, host, port, pod }: ProxyTarget, dialPod: DialPod | undefined): Destination {
  const security = { rejectUnauthorized: false, servername: "" };
  const base: Destination = { protocol: `${scheme}:`, host, port, ...(scheme === "https" && security) };
  if (!pod || !dialPod) return { ...base, agent: false };
  const socket = () => dialPod(pod, port);
  return {
    ...base,
    createConnection: () => (scheme === "https" ? connect({ ...security, socket: socket() }) : socket()),
  };
}

function failure(error: Error, target: ProxyTarget, isUpgrade: boolean): StatusError {
  const text = goErrorText(error, { ...target, serverName: target.host });
  if (!isUpgrade) return serviceUnavailable(`error trying to reach service: ${text}`);
  const message = error.message.startsWith("invalid upgrade response") ? text : `error dialing backend: ${text}`;
  return new StatusError({ apiVersion: "v1", kind: "Status", metadata: {}, status: "Failure", code: 500, message });
}
