import type { Status } from "@drydock/apimachinery";
import type { Outcome } from "../verbs/outcome.ts";
import type { WatchSink } from "../verbs/watch.ts";
import type { Exchange } from "./exchange.ts";
import { mediaTypeOf, type Representation } from "./negotiate.ts";
import type { RequestMetrics } from "./request-metrics.ts";
import { writeHead } from "./response-head.ts";
import { tableOptionsOf } from "./table-options.ts";
import { createWatchEncoder } from "./watch-encoder.ts";
import { createWatchOutput } from "./watch-output.ts";

/** A client this many live events behind is cut off; it resumes from the last event it read. */
const eventsBehindMax = 10_000;

/** Streams a watch, one JSON event a line or length-delimited protobuf frames, until it ends, fails or the client goes away. */
export async function streamWatch(
  exchange: Exchange,
  { store, run }: Extract<Outcome, { kind: "watch" }>,
  representation: Representation,
  metrics: RequestMetrics,
): Promise<void> {
  const { response } = exchange;
  const { group, version, resource } = store.definition;
  const labels = { group, version, resource };
  const events = metrics.watchEvents.labels(labels);
  const eventBytes = metrics.watchEventBytes.labels(labels);
  const encoder = createWatchEncoder(store.definition, representation, tableOptionsOf(exchange, representation));
  const mediaType = mediaTypeOf(representation.format);
  writeHead(exchange, 200, representation.format === "json" ? mediaType : `${mediaType};stream=watch`);
  if ("flushHeaders" in response) response.flushHeaders();
  const output = createWatchOutput(response, (bytes) => {
    events.inc();
    eventBytes.observe(bytes.length);
  });
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
      if (output.waiting > waitingMax) response.destroy();
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
