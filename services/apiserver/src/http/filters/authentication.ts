import type { Authenticator } from "../../authentication/authenticator.ts";
import { type Filter, headerOf } from "../exchange.ts";

/** Who asks. A certificate counts only when the authority has signed it. */
export function authentication(authenticator: Authenticator): Filter {
  return async (exchange, next) => {
    const { tlsSocket } = exchange;
    const certificate = tlsSocket?.authorized ? tlsSocket.getPeerCertificate() : undefined;
    exchange.user = await authenticator.authenticate({
      certificate,
      authorization: headerOf(exchange.request, "authorization"),
    });
    await next(exchange);
  };
}
