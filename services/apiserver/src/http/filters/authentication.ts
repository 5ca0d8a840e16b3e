import type { Authenticator } from "../../authentication/authenticator.ts";
import { rawHeadersOf } from "../../authentication/request-header.ts";
import { tokenOfProtocols } from "../../authentication/web-socket-token.ts";
import { type Filter, headerOf } from "../exchange.ts";
import { webSocketUpgrade } from "../web-socket-output.ts";

/** Who asks. */
export function authenticate(authenticator: Authenticator): Filter {
  return async (exchange, next) => {
    const { request, tlsSocket, path } = exchange;
    const hidden = webSocketUpgrade(exchange) && tokenOfProtocols(headerOf(request, "sec-websocket-protocol"));
    exchange.user = await authenticator.authenticate({
      socket: tlsSocket,
      path,
      authorization: headerOf(request, "authorization") || (hidden?.authorization ?? ""),
      headers: rawHeadersOf(request.rawHeaders, request.headers),
      warn: (text) => void exchange.warnings.push(text),
      annotate: (annotations) => Object.assign(exchange.earlyAnnotations, annotations),
    });
    if (hidden) request.headers["sec-websocket-protocol"] = hidden.others;
    exchange.isAuthenticated = true;
    await next(exchange);
  };
}
