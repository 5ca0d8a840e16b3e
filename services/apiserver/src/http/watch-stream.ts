import type { Status } from "@drydock/apimachinery";
import type { StoredObject } from "../cache/stored-object.ts";
import type { ResourceDefinition } from "../registry/definition.ts";
import type { ResourceStore } from "../registry/registry.ts";
import type { Revision } from "../storage/storage.ts";
import type { WatchRun, WatchSink } from "../verbs/watch.ts";
import { objectJson, partialJson, tableOf } from "./encodings.ts";
import type { Exchange } from "./exchange.ts";
import type { Representation } from "./negotiate.ts";
import { writeHead } from "./response-head.ts";

type IncludeObject = "None" | "Metadata" | "Object";

/** A client this far behind is cut off; it resumes from the last event it read. */
const backlogBytesMax = 32 * 1024 * 1024;

/** Streams a watch as one JSON event a line until it ends, fails or the client goes away. */
export async function streamWatch(
  exchange: Exchange,
  store: ResourceStore,
  run: WatchRun,
  representation: Representation,
  includeObject: IncludeObject,
): Promise<void> {
  const { response } = exchange;
  writeHead(exchange, 200, "application/json");
  if ("flushHeaders" in response) response.flushHeaders();
  const encode = encoderFor(store.definition, representation, includeObject);
  await new Promise<void>((resolve) => {
    const finish = () => {
      stop();
      response.end();
      resolve();
    };
    const write = (type: string, object: Buffer) => {
      writeBytes(response, Buffer.concat([Buffer.from(`{"type":"${type}","object":`), object, lineEnd]));
      if (response.writableLength > backlogBytesMax) response.destroy();
    };
    const sink: WatchSink = {
      event: (type, stored) => write(type, encode.event(stored)),
      bookmark: (revision, isInitialEnd) => write("BOOKMARK", encode.bookmark(revision, isInitialEnd)),
      error: (status: Status) => {
        write("ERROR", Buffer.from(JSON.stringify(status)));
        queueMicrotask(finish);
      },
      end: () => queueMicrotask(finish),
    };
    let stop: () => void = () => {};
    exchange.abort.signal.addEventListener("abort", finish, { once: true });
    stop = run.start(sink);
    if (exchange.abort.signal.aborted) finish();
  });
}

const lineEnd = Buffer.from("}\n");

/** Both HTTP versions take bytes; their overloads have no common form. */
function writeBytes(response: Exchange["response"], bytes: Buffer): void {
  (response as { write(bytes: Buffer): boolean }).write(bytes);
}

interface EventEncoder {
  event(stored: StoredObject): Buffer;
  bookmark(revision: Revision, isInitialEnd: boolean): Buffer;
}

function encoderFor(
  definition: ResourceDefinition,
  representation: Representation,
  includeObject: IncludeObject,
): EventEncoder {
  const { transform, transformVersion } = representation;
  const { group, version, kind } = definition;
  const apiVersion = group === "" ? version : `${group}/${version}`;
  const bookmarkObject = (revision: Revision, isInitialEnd: boolean) => ({
    kind,
    apiVersion,
    metadata: {
      resourceVersion: String(revision),
      creationTimestamp: null,
      ...(isInitialEnd && { annotations: { "k8s.io/initial-events-end": "true" } }),
    },
  });
  if (transform === "Table") return tableEncoder(definition, bookmarkObject, transformVersion, includeObject);
  if (transform === "none") {
    return {
      event: (stored) => objectJson(definition, stored),
      bookmark: (revision, isInitialEnd) => Buffer.from(JSON.stringify(bookmarkObject(revision, isInitialEnd))),
    };
  }
  return {
    event: (stored) => partialJson(stored, transformVersion),
    bookmark: (revision, isInitialEnd) => {
      const partial = { kind: "PartialObjectMetadata", apiVersion: `meta.k8s.io/${transformVersion}` };
      return Buffer.from(JSON.stringify({ ...bookmarkObject(revision, isInitialEnd), ...partial }));
    },
  };
}

/** Column definitions go with the first event only. */
function tableEncoder(
  definition: ResourceDefinition,
  bookmarkObject: (revision: Revision, isInitialEnd: boolean) => object,
  metaVersion: string,
  includeObject: IncludeObject,
): EventEncoder {
  let isFirst = true;
  return {
    event: (stored) => {
      const metadata = { resourceVersion: stored.object.metadata.resourceVersion };
      const request = { includeObject, nowMs: Date.now(), metaVersion, omitColumnDefinitions: !isFirst };
      isFirst = false;
      return Buffer.from(JSON.stringify(tableOf(definition, [stored.object], metadata, request)));
    },
    bookmark: (revision, isInitialEnd) => {
      const row = {
        cells: [],
        object: {
          ...bookmarkObject(revision, isInitialEnd),
          kind: "PartialObjectMetadata",
          apiVersion: `meta.k8s.io/${metaVersion}`,
        },
      };
      const table = {
        kind: "Table",
        apiVersion: `meta.k8s.io/${metaVersion}`,
        metadata: { resourceVersion: String(revision) },
        columnDefinitions: [],
        rows: [row],
      };
      return Buffer.from(JSON.stringify(table));
    },
  };
}
