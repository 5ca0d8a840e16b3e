import type { IncomingMessage } from "node:http";
import { badRequest } from "@drydock/apimachinery";
import { injectTrace } from "@drydock/component";
import type { StreamInput, StreamOutput } from "@drydock/proto/drydock/node/v1/node";
import {
  acceptWebSocketChannels,
  type ChannelConnection,
  collectSpdyChannels,
  exitStatus,
  spdyChannelProtocols,
  type WantedStreams,
  wantsSpdy,
} from "@drydock/streams";
import { type ClientDuplexStream, Metadata } from "@grpc/grpc-js";
import type { Exchange, Upgrade } from "../http/exchange.ts";
import type { Registry } from "../registry/registry.ts";
import type { NodeClients } from "./node-clients.ts";
import { fromNodeError, podTarget } from "./pod-target.ts";
import { upgradeToSpdy } from "./upgrade-to-spdy.ts";

/** pods/exec and pods/attach over WebSocket or SPDY: channels to the client, one gRPC stream to the kubelet. */
export async function serveExec(registry: Registry, nodes: NodeClients, exchange: Exchange): Promise<void> {
  const { query, upgrade, info } = exchange;
  const { nodeName, ref } = podTarget(registry, exchange);
  const flag = (name: string) => query.has(name) && query.get(name) !== "false" && query.get(name) !== "0";
  const start = {
    target: ref,
    command: query.getAll("command"),
    stdin: flag("stdin"),
    stdout: flag("stdout"),
    stderr: flag("stderr"),
    tty: flag("tty"),
  };
  if (!start.stdin && !start.stdout && !start.stderr)
    throw badRequest("you must specify at least 1 of stdin, stdout, stderr");
  if (info.subresource === "exec" && start.command.length === 0)
    throw badRequest("you must specify at least 1 command for the container");
  if (!upgrade) throw badRequest("Upgrade request required");
  const client = nodes.for(nodeName);
  const connection = await openChannels(exchange, upgrade, start);
  if (!connection) return;
  const stream =
    info.subresource === "exec" ? client.exec(injectTrace(new Metadata())) : client.attach(injectTrace(new Metadata()));
  stream.write({ kind: { $case: "start", value: start } });
  bridge(connection, stream);
}

/** Undefined when the client could not be served, and knows, or has gone. */
async function openChannels(
  exchange: Exchange,
  upgrade: Upgrade,
  wanted: WantedStreams,
): Promise<ChannelConnection | undefined> {
  const request = exchange.request as IncomingMessage;
  if (!wantsSpdy(request)) return acceptWebSocketChannels(request, upgrade.socket, upgrade.head);
  const upgraded = upgradeToSpdy(exchange, upgrade, spdyChannelProtocols);
  return upgraded && collectSpdyChannels(upgraded.connection, upgraded.protocol, wanted).catch(() => undefined);
}

function bridge(connection: ChannelConnection, stream: ClientDuplexStream<StreamInput, StreamOutput>): void {
  let isOver = false;
  const finish = (status: object) => {
    if (isOver) return;
    isOver = true;
    connection.sendStatus(status);
    connection.close();
    stream.cancel();
  };
  connection.onStdin = (data) => {
    if (stream.write({ kind: { $case: "stdin", value: data } })) return;
    connection.pauseInput();
    stream.once("drain", () => connection.resumeInput());
  };
  connection.onStdinClosed = () => stream.write({ kind: { $case: "closeStdin", value: true } });
  connection.onResize = (width, height) => stream.write({ kind: { $case: "resize", value: { width, height } } });
  connection.onClose = () => {
    isOver = true;
    stream.cancel();
  };
  stream.on("data", ({ kind }: StreamOutput) => {
    if (kind?.$case === "stdout") connection.sendStdout(kind.value);
    else if (kind?.$case === "stderr") connection.sendStderr(kind.value);
    else if (kind?.$case === "exit") finish(exitStatus(kind.value.code, kind.value.error));
    if (connection.isCongested) {
      stream.pause();
      connection.whenDrained(() => stream.resume());
    }
  });
  stream.on("error", (error) => finish(fromNodeError(error).status));
  stream.on("end", () => finish(exitStatus(0, "")));
}
