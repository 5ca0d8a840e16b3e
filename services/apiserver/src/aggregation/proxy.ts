import type { V1APIService } from "@drydock/kube-api";
import type { Exchange } from "../http/exchange.ts";
import { respondText } from "../http/respond.ts";
import { forwardedRequest, passRequest } from "../reverse-proxy/pass-request.ts";
import { goErrorText } from "../webhook-client/go-error-text.ts";
import type { Address } from "./check-service.ts";
import type { RemoteConnections } from "./remote-connections.ts";

const UNAVAILABLE = "service unavailable\n";

/** Passes a request on to the server behind an APIService, and its answer back, as it comes. */
export async function proxy(
  exchange: Exchange,
  apiService: V1APIService,
  connections: RemoteConnections,
  onFailure: () => void,
): Promise<void> {
  const available = apiService.status?.conditions?.find(({ type }) => type === "Available");
  if (available?.status !== "True") return respondText(exchange, 503, UNAVAILABLE);
  let address: Address;
  try {
    address = connections.addressOf(apiService);
  } catch {
    return respondText(exchange, 503, UNAVAILABLE);
  }
  const { user, upgrade, request } = exchange;
  const destination = connections.requestOptions(apiService, address, user, { isShared: !upgrade, isProbe: false });
  const options = forwardedRequest(exchange, { ...destination, path: request.url ?? "/" });
  try {
    await passRequest(exchange, options);
  } catch (error) {
    exchange.abort.signal.throwIfAborted();
    onFailure();
    if (exchange.response.headersSent) {
      exchange.response.destroy();
      return;
    }
    const why = goErrorText(error as Error, { ...address, serverName: options.servername ?? "" });
    respondText(exchange, 503, `error trying to reach service: ${why}\n`);
  }
}
