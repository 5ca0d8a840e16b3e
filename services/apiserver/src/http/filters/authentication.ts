import { unauthorized } from "@drydock/apimachinery";
import type { Authenticator } from "../../authentication/authenticator.ts";
import { type Filter, headerOf } from "../exchange.ts";

/** Who asks. A certificate that the authority has not signed is refused, not ignored. */
export function authentication(authenticator: Authenticator): Filter {
  return async (exchange, next) => {
    const { tlsSocket } = exchange;
    const shown = tlsSocket?.getPeerCertificate();
    const certificate = shown?.subject ? shown : undefined;
    if (certificate && !tlsSocket?.authorized) throw unauthorized();
    exchange.user = await authenticator.authenticate({
      certificate,
      authorization: headerOf(exchange.request, "authorization"),
    });
    exchange.isAuthenticated = true;
    await next(exchange);
  };
}
