import { FieldPath, fieldErrors, invalid } from "@drydock/apimachinery";
import { injectTrace } from "@drydock/component";
import type { LogsChunk, LogsRequest } from "@drydock/proto/drydock/node/v1/node";
import { type ClientReadableStream, Metadata } from "@grpc/grpc-js";
import type { Exchange, Upgrade } from "../http/exchange.ts";
import { writeHead } from "../http/response-head.ts";
import { acceptByteSocket, type ByteSocket, webSocketUpgrade } from "../http/web-socket-output.ts";
import type { Registry } from "../registry/registry.ts";
import type { NodeClients } from "./node-clients.ts";
import { fromNodeError, podTarget } from "./pod-target.ts";

/** pods/log: the container's output as text, as it comes. */
export async function serveLogs(registry: Registry, nodes: NodeClients, exchange: Exchange): Promise<void> {
  const request = logsRequest(registry, exchange);
  const { nodeName } = podTarget(registry, exchange);
  const call = nodes.for(nodeName).logs(request, injectTrace(new Metadata())) as ClientReadableStream<LogsChunk> &
    AsyncIterable<LogsChunk>;
  exchange.abort.signal.addEventListener("abort", () => call.cancel(), { once: true });
  const upgrade = webSocketUpgrade(exchange);
  if (upgrade) return sendMessages(exchange, upgrade, call);
  await sendText(exchange, call);
}

async function sendText(exchange: Exchange, call: AsyncIterable<LogsChunk>): Promise<void> {
  const { response, abort } = exchange;
  let hasBegun = false;
  const begin = () => {
    if (!hasBegun) writeHead(exchange, 200, "text/plain");
    hasBegun = true;
  };
  try {
    for await (const chunk of call) {
      begin();
      const writable = response as { write(bytes: Buffer): boolean };
      if (!writable.write(chunk.data)) await new Promise((resolve) => response.once("drain", resolve));
    }
    begin();
    response.end();
  } catch (error) {
    if (abort.signal.aborted || hasBegun) {
      response.end();
      return;
    }
    throw fromNodeError(error);
  }
}

/** The handshake waits for the kubelet's first word, so that a failure can still be told. */
async function sendMessages(exchange: Exchange, upgrade: Upgrade, call: AsyncIterable<LogsChunk>): Promise<void> {
  let opened: ByteSocket | undefined;
  const begin = async () => {
    opened ??= await acceptByteSocket(exchange, upgrade);
    if (opened) opened.socket.onClose = () => exchange.abort.abort();
    return opened;
  };
  try {
    for await (const { data } of call) await (await begin())?.send(data);
    (await begin())?.socket.close();
  } catch (error) {
    if (!opened && !exchange.abort.signal.aborted) throw fromNodeError(error);
    opened?.socket.close();
  }
}

function logsRequest(registry: Registry, exchange: Exchange): LogsRequest {
  const { query } = exchange;
  const flag = (name: string) => query.has(name) && query.get(name) !== "false" && query.get(name) !== "0";
  const number = (name: string, least: number) => {
    const text = query.get(name);
    if (text === null) return undefined;
    const value = Number(text);
    if (Number.isInteger(value) && value >= least) return value;
    const why = least === 0 ? "must be greater than or equal to 0" : "must be greater than 0";
    throw invalid({ group: "", kind: "PodLogOptions" }, exchange.info.name, [
      fieldErrors.invalid(FieldPath.of(name), Number.isNaN(value) ? text : value, why),
    ]);
  };
  return {
    target: podTarget(registry, exchange).ref,
    follow: flag("follow"),
    previous: flag("previous"),
    timestamps: flag("timestamps"),
    tailLines: number("tailLines", 0),
    limitBytes: number("limitBytes", 1),
    sinceSeconds: number("sinceSeconds", 1),
    sinceTime: query.get("sinceTime") ?? "",
    stream: query.get("stream") ?? "",
  };
}
