import type { IncomingMessage } from "node:http";
import { acceptSpdy, negotiateStreamProtocol, offeredStreamProtocols, type SpdyConnection } from "@drydock/streams";
import type { Exchange, Upgrade } from "../http/exchange.ts";
import { respondText } from "../http/respond.ts";

/** Agrees on a stream protocol and answers the upgrade. Undefined when there is none in common: the client has been told so. */
export function upgradeToSpdy(
  exchange: Exchange,
  upgrade: Upgrade,
  supported: readonly string[],
): { connection: SpdyConnection; protocol: string } | undefined {
  const request = exchange.request as IncomingMessage;
  const protocol = negotiateStreamProtocol(request, supported);
  if (protocol === undefined) {
    const offered = offeredStreamProtocols(request).join(" ");
    const why = `client supports [${offered}], server accepts [${supported.join(" ")}]`;
    respondText(exchange, 403, `unable to upgrade: unable to negotiate protocol: ${why}`);
    return undefined;
  }
  return { connection: acceptSpdy(upgrade.socket, upgrade.head, protocol), protocol };
}
