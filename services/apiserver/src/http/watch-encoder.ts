import { type KubeObject, type Status, stringifyJson } from "@drydock/apimachinery";
import { encodeProtobuf, fillValues, watchEvent, watchFrame, wrapProtobuf, zeroObject } from "@drydock/kube-api";
import type { StoredObject } from "../cache/stored-object.ts";
import type { ResourceDefinition } from "../registry/definition.ts";
import type { Revision } from "../storage/storage.ts";
import {
  apiVersionOf,
  objectJson,
  objectProtobuf,
  partialJson,
  partialProtobuf,
  partialSchema,
  type TableRequest,
  tableOf,
} from "./encodings.ts";
import type { Representation } from "./negotiate.ts";

/** Makes the bytes of a watch's events, frame and all. */
export interface WatchEncoder {
  event(type: string, stored: StoredObject): Buffer;
  bookmark(revision: Revision, isInitialEnd: boolean): Buffer;
  error(status: Status): Buffer;
}

/** The object of one event in one representation, without its frame. */
interface ObjectEncoder {
  object(stored: StoredObject): Buffer;
  /** What stands for an object that has nothing but this metadata. */
  empty(metadata: object): Buffer;
}

/** What is sent in messages needs no frames around protobuf. */
export function createWatchEncoder(
  definition: ResourceDefinition,
  representation: Representation,
  table: TableRequest,
  isFramed = true,
): WatchEncoder {
  const isProtobuf = representation.format === "protobuf";
  const encoder = encoderFor(definition, representation, table);
  const frame = isProtobuf ? (isFramed ? watchFrame : watchEvent) : jsonLine;
  const isShared = representation.transform !== "Table";
  const id = `${isFramed}/${representation.format}/${representation.transform}/${representation.transformVersion}`;
  return {
    event: (type, stored) =>
      isShared
        ? sharedFrame(id, definition, type, stored, () => frame(type, encoder.object(stored)))
        : frame(type, encoder.object(stored)),
    bookmark: (revision, isInitialEnd) =>
      frame(
        "BOOKMARK",
        encoder.empty({
          resourceVersion: String(revision),
          ...(isInitialEnd && { annotations: { "k8s.io/initial-events-end": "true" } }),
        }),
      ),
    error: (status) => frame("ERROR", isProtobuf ? protobufStatus(status) : Buffer.from(JSON.stringify(status))),
  };
}

interface SharedFrame {
  readonly definition: ResourceDefinition;
  readonly type: string;
  readonly stored: StoredObject;
  readonly bytes: Buffer;
}

const lastFrames = new Map<string, SharedFrame>();

/** All watchers hear of an event in one turn, one after the other: who comes later finds the frame of the one before. */
function sharedFrame(
  id: string,
  definition: ResourceDefinition,
  type: string,
  stored: StoredObject,
  make: () => Buffer,
): Buffer {
  const last = lastFrames.get(id);
  if (last && last.stored === stored && last.type === type && last.definition === definition) return last.bytes;
  const bytes = make();
  lastFrames.set(id, { definition, type, stored, bytes });
  return bytes;
}

const lineEnd = Buffer.from("}\n");

function jsonLine(type: string, object: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`{"type":"${type}","object":`), object, lineEnd]);
}

function protobufStatus(status: Status): Buffer {
  return wrapProtobuf("v1", "Status", encodeProtobuf("io.k8s.apimachinery.pkg.apis.meta.v1.Status", status));
}

function encoderFor(
  definition: ResourceDefinition,
  { transform, transformVersion, format }: Representation,
  table: TableRequest,
): ObjectEncoder {
  const isProtobuf = format === "protobuf";
  if (transform === "Table") return tableEncoder(definition, table);
  if (transform !== "PartialObjectMetadata") return isProtobuf ? wholeProtobuf(definition) : wholeJson(definition);
  const head = { kind: "PartialObjectMetadata", apiVersion: `meta.k8s.io/${transformVersion}` };
  if (!isProtobuf) {
    return {
      object: (stored) => partialJson(stored, transformVersion),
      empty: (metadata) => Buffer.from(JSON.stringify({ ...head, metadata })),
    };
  }
  return {
    object: (stored) => partialProtobuf(stored, transformVersion),
    empty: (metadata) => wrapProtobuf(head.apiVersion, head.kind, encodeProtobuf(partialSchema, { metadata })),
  };
}

function wholeJson(definition: ResourceDefinition): ObjectEncoder {
  return {
    object: (stored) => objectJson(definition, stored),
    empty: (metadata) => Buffer.from(JSON.stringify(emptyOf(definition, metadata))),
  };
}

/** As Go shows a value of the type that nobody has filled. */
function emptyOf(definition: ResourceDefinition, metadata: object): object {
  const head = { kind: definition.kind, apiVersion: apiVersionOf(definition) };
  return { ...head, ...(definition.custom ? {} : zeroObject(definition.schema)), metadata };
}

function wholeProtobuf(definition: ResourceDefinition): ObjectEncoder {
  return {
    object: (stored) => objectProtobuf(definition, stored),
    empty: (metadata) =>
      wrapProtobuf(apiVersionOf(definition), definition.kind, encodeProtobuf(definition.schema, { metadata })),
  };
}

/** Column definitions go with the first event only. A bookmark's row has its metadata even for who wants none. */
function tableEncoder(definition: ResourceDefinition, request: TableRequest): ObjectEncoder {
  let isFirst = true;
  const table = (object: KubeObject) => {
    const metadata = { resourceVersion: object.metadata.resourceVersion };
    const options = { ...request, nowMs: Date.now(), omitColumnDefinitions: !isFirst };
    isFirst = false;
    return tableOf(definition, [object], metadata, options);
  };
  const partial = { kind: "PartialObjectMetadata", apiVersion: `meta.k8s.io/${request.metaVersion}` };
  return {
    object: ({ object }) => Buffer.from(stringifyJson(table(object))),
    empty: (metadata) => {
      const whole = table(filledEmpty(definition, metadata));
      const object = request.includeObject === "Object" ? emptyOf(definition, metadata) : { ...partial, metadata };
      return Buffer.from(stringifyJson({ ...whole, rows: whole.rows.map((row) => ({ ...row, object })) }));
    },
  };
}

/** The same for columns, which expect lists where Go has none. */
function filledEmpty({ custom, schema }: ResourceDefinition, metadata: object): KubeObject {
  const object: Record<string, unknown> = {};
  if (!custom) fillValues(object, schema, true);
  return { ...object, metadata: { name: "", ...metadata } } as KubeObject;
}
