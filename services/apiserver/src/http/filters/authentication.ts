import type { Authenticator } from "../../authentication/authenticator.ts";
import { rawHeadersOf } from "../../authentication/request-header.ts";
import { type Filter, headerOf } from "../exchange.ts";

/** Who asks. */
export function authenticate(authenticator: Authenticator): Filter {
  return async (exchange, next) => {
    const { request, tlsSocket, path } = exchange;
    exchange.user = await authenticator.authenticate({
      socket: tlsSocket,
      path,
      authorization: headerOf(request, "authorization"),
      headers: rawHeadersOf(request.rawHeaders, request.headers),
      annotate: (annotations) => Object.assign(exchange.earlyAnnotations, annotations),
    });
    exchange.isAuthenticated = true;
    await next(exchange);
  };
}
