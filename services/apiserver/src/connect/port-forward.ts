import type { IncomingMessage } from "node:http";
import { badRequest } from "@drydock/apimachinery";
import { injectTrace } from "@drydock/component";
import type { ContainerRef, ForwardOutput, NodeClient } from "@drydock/proto/drydock/node/v1/node";
import {
  acceptSpdyTunnel,
  acceptWebSocketPorts,
  type ForwardCarrier,
  type ForwardedConnection,
  onForwardedConnection,
  portForwardProtocol,
  portsOfWebSocket,
  type SpdyConnection,
  wantsSpdy,
  wantsSpdyTunnel,
} from "@drydock/streams";
import { Metadata } from "@grpc/grpc-js";
import type { Exchange, Upgrade } from "../http/exchange.ts";
import type { Registry } from "../registry/registry.ts";
import type { NodeClients } from "./node-clients.ts";
import { fromNodeError, podTarget } from "./pod-target.ts";
import { upgradeToSpdy } from "./upgrade-to-spdy.ts";

/**
 * pods/portforward over SPDY, bare or inside a WebSocket, or over a WebSocket's channels: one gRPC stream to the kubelet for each
 * connection of the client.
 */
export async function servePortForward(registry: Registry, nodes: NodeClients, exchange: Exchange): Promise<void> {
  const { nodeName, ref } = podTarget(registry, exchange, { ofPod: true });
  if (!exchange.upgrade) throw badRequest("Upgrade request required");
  const client = nodes.for(nodeName);
  const request = exchange.request as IncomingMessage;
  if (!wantsSpdyTunnel(request, portForwardProtocol)) {
    const ports = portsOfWebSocket(request, exchange.query);
    if (ports) {
      const { socket, head } = exchange.upgrade;
      const { carrier, connections } = await acceptWebSocketPorts(request, socket, head, ports);
      for (const forwarded of connections) forward(carrier, client, ref, forwarded);
      return;
    }
  }
  const connection = await openConnection(exchange, exchange.upgrade);
  if (connection) onForwardedConnection(connection, (forwarded) => forward(connection, client, ref, forwarded));
}

async function openConnection(exchange: Exchange, upgrade: Upgrade): Promise<SpdyConnection | undefined> {
  const request = exchange.request as IncomingMessage;
  if (wantsSpdy(request)) return upgradeToSpdy(exchange, upgrade, [portForwardProtocol])?.connection;
  if (wantsSpdyTunnel(request, portForwardProtocol))
    return acceptSpdyTunnel(request, upgrade.socket, upgrade.head, portForwardProtocol);
  throw badRequest(`unable to upgrade: port forwarding needs SPDY/3.1, bare or as SPDY/3.1+${portForwardProtocol}`);
}

function forward(
  connection: ForwardCarrier,
  client: NodeClient,
  target: ContainerRef,
  { port, data, error }: ForwardedConnection,
): void {
  const call = client.portForward(injectTrace(new Metadata()));
  let isOver = false;
  const finish = (failure = "") => {
    if (isOver) return;
    isOver = true;
    if (failure !== "") error.write(Buffer.from(failure));
    error.end();
    data.end();
    call.cancel();
  };
  call.write({ kind: { $case: "start", value: { target, port } } });
  data.onData = (bytes) => {
    if (isOver || call.write({ kind: { $case: "data", value: bytes } })) return;
    connection.pause();
    call.once("drain", () => connection.resume());
  };
  data.onEnd = () => {
    if (!isOver) call.write({ kind: { $case: "close", value: true } });
  };
  call.on("data", ({ kind }: ForwardOutput) => {
    if (kind?.$case === "error") return finish(kind.value);
    if (kind?.$case === "data") data.write(kind.value);
    if (connection.isCongested) {
      call.pause();
      connection.whenDrained(() => call.resume());
    }
  });
  call.on("error", (cause) => finish(`error forwarding port ${port} to pod: ${fromNodeError(cause).message}`));
  call.on("end", () => finish());
}
