import { type KubeObject, StatusError, stringifyJson } from "@drydock/apimachinery";
import { wrapProtobufList } from "@drydock/kube-api";
import type { ResourceStore } from "../registry/registry.ts";
import { ageColumn, column, nameColumn } from "../resources/meta/define-kind.ts";
import type { ListPage, Outcome } from "../verbs/outcome.ts";
import {
  apiVersionOf,
  itemJson,
  itemProtobuf,
  objectJson,
  objectProtobuf,
  partialItemProtobuf,
  partialJson,
  partialProtobuf,
  tableOf,
} from "./encodings.ts";
import type { Exchange } from "./exchange.ts";
import type { Representation } from "./negotiate.ts";
import { tableOptionsOf } from "./table-options.ts";

const newline = Buffer.from("\n");
const comma = Buffer.from(",");
const listEnd = Buffer.from("]}\n");

/** One object as JSON or protobuf. */
export function objectBytes(
  exchange: Exchange,
  { store, stored }: Extract<Outcome, { kind: "object" }>,
  representation: Representation,
): Buffer {
  const { transform, transformVersion, format } = representation;
  const isProtobuf = format === "protobuf";
  switch (transform) {
    case "none":
      if (isProtobuf) return objectProtobuf(store.definition, stored);
      return Buffer.concat([objectJson(store.definition, stored), newline]);
    case "PartialObjectMetadata":
      if (isProtobuf) return partialProtobuf(stored, transformVersion);
      return Buffer.concat([partialJson(stored, transformVersion), newline]);
    case "PartialObjectMetadataList":
      throw notTransformable(
        `you requested ${transform}, but the requested object is not a list (${goTypeOf(store, "")})`,
      );
    case "Table": {
      const metadata = { resourceVersion: stored.object.metadata.resourceVersion };
      const table = tableOf(store.definition, [stored.object], metadata, tableOptionsOf(exchange, representation));
      return Buffer.from(`${stringifyJson(table)}\n`);
    }
  }
}

/** A list as JSON or protobuf. */
export function listBytes(
  exchange: Exchange,
  { store, page }: Extract<Outcome, { kind: "list" }>,
  representation: Representation,
): Buffer {
  switch (representation.transform) {
    case "none":
      return wholeList(store, page, representation);
    case "PartialObjectMetadata":
      throw notTransformable(
        `you requested ${representation.transform}, but the requested object is a list (${goTypeOf(store, "List")})`,
      );
    case "PartialObjectMetadataList":
      return partialList(page, representation);
    case "Table": {
      const objects = page.items.map(({ object }) => object);
      const table = tableOf(store.definition, objects, listMetadata(page), tableOptionsOf(exchange, representation));
      return Buffer.from(`${stringifyJson(table)}\n`);
    }
  }
}

function wholeList({ definition }: ResourceStore, page: ListPage, { format }: Representation): Buffer {
  const kind = definition.listKind ?? `${definition.kind}List`;
  const apiVersion = apiVersionOf(definition);
  if (format !== "protobuf") {
    const items = page.items.map((stored) => itemJson(definition, stored));
    return jsonList(kind, apiVersion, page, items);
  }
  const items = page.items.map((stored) => itemProtobuf(definition, stored));
  return wrapProtobufList(apiVersion, kind, listMetadata(page), items);
}

function partialList(page: ListPage, { format, transformVersion }: Representation): Buffer {
  const kind = "PartialObjectMetadataList";
  const apiVersion = `meta.k8s.io/${transformVersion}`;
  if (format !== "protobuf") {
    const items = page.items.map((stored) => partialJson(stored, transformVersion));
    return jsonList(kind, apiVersion, page, items);
  }
  // The older version numbers its two fields the other way round.
  const fields = transformVersion === "v1beta1" ? { metadata: 2, items: 1 } : undefined;
  return wrapProtobufList(apiVersion, kind, listMetadata(page), page.items.map(partialItemProtobuf), fields);
}

function jsonList(kind: string, apiVersion: string, page: ListPage, items: readonly Buffer[]): Buffer {
  const head = `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},"metadata":${JSON.stringify(listMetadata(page))},"items":[`;
  const chunks: Buffer[] = [Buffer.from(head)];
  for (const [index, item] of items.entries()) {
    if (index > 0) chunks.push(comma);
    chunks.push(item);
  }
  chunks.push(listEnd);
  return Buffer.concat(chunks);
}

export function listMetadata(page: ListPage): object {
  return {
    resourceVersion: String(page.revision),
    ...(page.continue !== "" && { continue: page.continue }),
    ...(page.remaining !== undefined && { remainingItemCount: page.remaining }),
  };
}

interface Scale extends KubeObject {
  spec?: { replicas?: number };
  status?: { replicas?: number };
}

/** A Scale is shown as one row. */
const scaleColumns = [
  nameColumn,
  column<Scale>("Desired", ({ spec }) => spec?.replicas ?? 0, { type: "integer" }),
  column<Scale>("Available", ({ status }) => status?.replicas ?? 0, { type: "integer" }),
  ageColumn,
];

/** An answer that is no stored object, transformed where it can be. */
export function plainObject(exchange: Exchange, object: object, representation: Representation): object {
  const { transform, transformVersion } = representation;
  const { kind, metadata } = object as Scale;
  if (kind === "Status" || transform === "none") return object;
  if (transform === "PartialObjectMetadata")
    return { kind: transform, apiVersion: `meta.k8s.io/${transformVersion}`, metadata };
  if (transform === "PartialObjectMetadataList")
    throw notTransformable(`you requested ${transform}, but the requested object is not a list (*v1.${kind})`);
  const options = tableOptionsOf(exchange, representation);
  return tableOf(
    { columns: scaleColumns } as never,
    [object as Scale],
    { resourceVersion: metadata?.resourceVersion },
    options,
  );
}

function notTransformable(message: string): StatusError {
  return new StatusError({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason: "NotAcceptable",
    code: 406,
  });
}

/** The type that upstream's message names. */
function goTypeOf({ definition: { group, kind } }: ResourceStore, suffix: string): string {
  return `*${group === "" ? "core" : group.split(".")[0]}.${kind}${suffix}`;
}
