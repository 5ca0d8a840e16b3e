import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { isIPv6 } from "node:net";
import { connect } from "node:tls";
import { StatusError, serviceUnavailable } from "@drydock/apimachinery";
import type { TlsMaterial } from "@drydock/component";
import { type Exchange, headerOf } from "../../http/exchange.ts";
import { type Destination, forwardedRequest, passRequest } from "../../reverse-proxy/pass-request.ts";
import { escapePath } from "../../reverse-proxy/proxied-links.ts";
import { goErrorText } from "../../webhook-client/go-error-text.ts";
import type { DialPod } from "../../webhook-client/target.ts";
import { answerChanges } from "./answer-changes.ts";
import type { ProxyTarget } from "./proxy-target.ts";

/** How targets are reached that are not just dialled. */
export interface Ways {
  /** What is shown to kubelets, and whom they must be signed by. */
  readonly kubeletTls: TlsMaterial | undefined;
  readonly dialPod: DialPod | undefined;
}

/** Passes a request on to `path`, escaped, of its target. What the client sent stands in the exchange. */
export async function proxyTo(exchange: Exchange, target: ProxyTarget, path: string, ways: Ways): Promise<void> {
  const { upgrade, response, abort, request } = exchange;
  const requestHost = headerOf(request, "host") || headerOf(request, ":authority");
  const prefix = prefixOf(exchange);
  const headers = {
    Host: requestHost,
    ...(!upgrade && { "X-Forwarded-Uri": prefix + path }),
  };
  // Upstream sends the query of an upgrade nowhere.
  const destination = {
    ...wayTo(target, ways, upgrade === undefined),
    path: (path || "/") + (upgrade ? "" : searchOf(exchange)),
    headers,
  };
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

/** The query with its question mark; empty without one. */
export function searchOf({ request }: Exchange): string {
  const url = request.url ?? "";
  const at = url.indexOf("?");
  return at < 0 ? "" : url.slice(at);
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

/** What has been asked may be asked again: connections are kept for a while, those to one target by one certificate together. */
const kept = { keepAlive: true, timeout: 60_000 };
const agents = { http: new HttpAgent(kept), https: new HttpsAgent(kept) };

/** Only kubelets' certificates are verified: whoever asks for others knows an address, not a name. */
function wayTo(
  { scheme, host, port, pod, kubeletOf }: ProxyTarget,
  { kubeletTls, dialPod }: Ways,
  isShared: boolean,
): Destination {
  const security =
    kubeletOf !== undefined && kubeletTls
      ? { ...kubeletTls, servername: kubeletOf }
      : { rejectUnauthorized: false, servername: "" };
  const base: Destination = { protocol: `${scheme}:`, host, port, ...(scheme === "https" && security) };
  if (!pod || !dialPod) return { ...base, agent: isShared && agents[scheme] };
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
