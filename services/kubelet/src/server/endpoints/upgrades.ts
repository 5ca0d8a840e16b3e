import type { IncomingMessage } from "node:http";
import { acceptSpdy, negotiateStreamProtocol, offeredStreamProtocols, type SpdyConnection } from "@drydock/streams";
import { HttpError, type NodeExchange } from "../http/node-exchange.ts";

export type Upgrade = NonNullable<NodeExchange["upgrade"]>;

/** The connection of a request that asks for another protocol, which these paths have to be. */
export function upgradeOf({ upgrade }: NodeExchange): Upgrade {
  if (!upgrade) throw new HttpError(500, "Upgrade request required");
  return upgrade;
}

/** Agrees on a stream protocol and answers the upgrade to SPDY. */
export function openSpdy(
  exchange: NodeExchange,
  { socket, head }: Upgrade,
  supported: readonly string[],
): { connection: SpdyConnection; protocol: string } {
  const request = exchange.request as IncomingMessage;
  const protocol = negotiateStreamProtocol(request, supported);
  if (protocol === undefined) {
    const offered = offeredStreamProtocols(request).join(" ");
    const why = `client supports [${offered}], server accepts [${supported.join(" ")}]`;
    throw new HttpError(403, `unable to upgrade: unable to negotiate protocol: ${why}`);
  }
  return { connection: acceptSpdy(socket, head, protocol), protocol };
}
