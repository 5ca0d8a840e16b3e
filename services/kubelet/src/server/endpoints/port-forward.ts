import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import {
  acceptSpdyTunnel,
  acceptWebSocketPorts,
  type ForwardCarrier,
  type ForwardedConnection,
  onForwardedConnection,
  portForwardProtocol,
  portsOfWebSocket,
  wantsSpdy,
  wantsSpdyTunnel,
} from "@drydock/streams";
import { HttpError, type NodeHandler } from "../http/node-exchange.ts";
import { findSandbox, type PodDirectory } from "../pod-directory.ts";
import { podOfPath, refOfPath } from "./find-pod.ts";
import { openSpdy, upgradeOf } from "./upgrades.ts";

/** `/portForward/…`: connections to ports of a pod, over SPDY, bare or inside a WebSocket, or over a WebSocket's channels. */
export function portForward(directory: PodDirectory): NodeHandler {
  return async (exchange, parameters) => {
    const pod = podOfPath(directory, parameters, "pod does not exist");
    if (parameters.uid && pod.metadata.uid !== parameters.uid) throw new HttpError(404, "pod not found");
    const upgrade = upgradeOf(exchange);
    const { ip } = await findSandbox(directory, refOfPath(pod, parameters));
    const host = ip || "127.0.0.1";
    const request = exchange.request as IncomingMessage;
    const onConnection = (carrier: ForwardCarrier) => (forwarded: ForwardedConnection) =>
      forward(carrier, host, forwarded);
    if (wantsSpdy(request)) {
      const { connection } = openSpdy(exchange, upgrade, [portForwardProtocol]);
      return onForwardedConnection(connection, onConnection(connection));
    }
    if (wantsSpdyTunnel(request, portForwardProtocol)) {
      const connection = await acceptSpdyTunnel(request, upgrade.socket, upgrade.head, portForwardProtocol);
      return onForwardedConnection(connection, onConnection(connection));
    }
    // What the API server's clients call `ports` is `port` here.
    const named = new URLSearchParams(exchange.query.getAll("port").map((port): [string, string] => ["ports", port]));
    const ports = portsOfWebSocket(request, named);
    if (!ports) throw new HttpError(400, 'query parameter "port" is required');
    const { carrier, connections } = await acceptWebSocketPorts(request, upgrade.socket, upgrade.head, ports);
    connections.forEach(onConnection(carrier));
  };
}

function forward(carrier: ForwardCarrier, host: string, { port, data, error }: ForwardedConnection): void {
  const socket = connect({ host, port, allowHalfOpen: true });
  data.onData = (bytes) => {
    if (socket.destroyed || socket.write(bytes)) return;
    carrier.pause();
    socket.once("drain", () => carrier.resume());
  };
  data.onEnd = () => void socket.end();
  socket.on("data", (bytes) => {
    data.write(bytes);
    if (!carrier.isCongested) return;
    socket.pause();
    carrier.whenDrained(() => socket.resume());
  });
  socket.on("error", ({ message }) => error.write(Buffer.from(`error forwarding port ${port} to pod: ${message}`)));
  let isOver = false;
  const finish = () => {
    if (isOver) return;
    isOver = true;
    error.end();
    data.end();
  };
  socket.on("end", finish);
  socket.on("close", finish);
}
