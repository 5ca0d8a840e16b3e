import type { Status } from "@drydock/apimachinery";
import type { Outcome } from "../verbs/outcome.ts";
import type { WatchRun, WatchSink } from "../verbs/watch.ts";
import type { Exchange } from "./exchange.ts";
import { mediaTypeOf, type Representation } from "./negotiate.ts";
import type { RequestMetrics } from "./request-metrics.ts";
import { writeHead } from "./response-head.ts";
import { tableOptionsOf } from "./table-options.ts";
import { createWatchEncoder, type WatchEncoder } from "./watch-encoder.ts";
import { createWatchOutput, type WatchOutput } from "./watch-output.ts";
import { acceptWatchSocket, createWebSocketOutput, webSocketUpgrade } from "./web-socket-output.ts";

/** A client this many live events behind is cut off; it resumes from the last event it read. */
const eventsBehindMax = 10_000;

/** Streams a watch, one JSON event a line, length-delimited protobuf frames or one message an event over a WebSocket, until it ends, fails or the client goes away. */
export async function streamWatch(
  exchange: Exchange,
  { store, run }: Extract<Outcome, { kind: "watch" }>,
  representation: Representation,
  metrics: RequestMetrics,
): Promise<void> {
  const { group, version, resource } = store.definition;
  const labels = { group, version, resource };
  const events = metrics.watchEvents.labels(labels);
  const eventBytes = metrics.watchEventBytes.labels(labels);
  const count = (bytes: Buffer) => {
    events.inc();
    eventBytes.observe(bytes.length);
  };
  const upgrade = webSocketUpgrade(exchange);
  const table = tableOptionsOf(exchange, representation);
  const encoder = createWatchEncoder(store.definition, representation, table, !upgrade);
  if (!upgrade) return send(exchange, run, encoder, beginHttp(exchange, representation, count));
  const socket = await acceptWatchSocket(exchange, upgrade);
  if (!socket) return;
  socket.onClose = () => exchange.abort.abort();
  await send(exchange, run, encoder, createWebSocketOutput(socket, representation.format !== "protobuf", count));
}

function beginHttp(exchange: Exchange, { format }: Representation, count: (bytes: Buffer) => void): WatchOutput {
  const { response } = exchange;
  writeHead(exchange, 200, format === "json" ? mediaTypeOf(format) : `${mediaTypeOf(format)};stream=watch`);
  if ("flushHeaders" in response) response.flushHeaders();
  return createWatchOutput(response, count);
}

async function send(exchange: Exchange, run: WatchRun, encoder: WatchEncoder, output: WatchOutput): Promise<void> {
  await new Promise<void>((resolve) => {
    let stop: () => void = () => {};
    /** The state that a watch may begin with is as large as it is, and is not held against the client. */
    let waitingMax = Number.POSITIVE_INFINITY;
    const finish = () => {
      stop();
      output.end();
      resolve();
    };
    const write = (make: () => Buffer) => {
      output.push(make);
      if (output.waiting > waitingMax) output.destroy();
    };
    const sink: WatchSink = {
      event: (type, stored) => write(() => encoder.event(type, stored)),
      bookmark: (revision, isInitialEnd) => write(() => encoder.bookmark(revision, isInitialEnd)),
      error: (status: Status) => {
        write(() => encoder.error(status));
        queueMicrotask(finish);
      },
      end: () => queueMicrotask(finish),
    };
    exchange.abort.signal.addEventListener("abort", finish, { once: true });
    stop = run.start(sink);
    waitingMax = output.waiting + eventsBehindMax;
    exchange.onWatchBegan?.();
    if (exchange.abort.signal.aborted) finish();
  });
}
