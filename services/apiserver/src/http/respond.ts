import { badRequest, type Status, type StatusError } from "@drydock/apimachinery";
import { stringify } from "yaml";
import type { ResourceStore } from "../registry/registry.ts";
import type { ListPage, Outcome } from "../verbs/outcome.ts";
import { itemJson, objectJson, partialJson, tableOf } from "./encodings.ts";
import { type Exchange, headerOf } from "./exchange.ts";
import { negotiate, type Representation } from "./negotiate.ts";
import { writeHead } from "./response-head.ts";
import { streamWatch } from "./watch-stream.ts";

const newline = Buffer.from("\n");
const comma = Buffer.from(",");
const listEnd = Buffer.from("]}\n");

/** Writes what a call came to, in the representation the client asked for. */
export async function respond(exchange: Exchange, outcome: Outcome): Promise<void> {
  if (outcome.kind === "status") return respondStatus(exchange, outcome.status);
  const representation = negotiate(headerOf(exchange.request, "accept"));
  switch (outcome.kind) {
    case "plain":
      return respondJson(exchange, outcome.code, outcome.object, representation);
    case "object":
      return respondBytes(exchange, outcome.code, objectBytes(exchange, outcome, representation), representation);
    case "list":
      return respondBytes(
        exchange,
        200,
        listBytes(exchange, outcome.store, outcome.page, representation),
        representation,
      );
    case "watch":
      return streamWatch(exchange, outcome.store, outcome.run, representation, includeObjectOf(exchange));
  }
}

export function respondError(exchange: Exchange, error: StatusError): void {
  respondStatus(exchange, error.status);
}

function respondStatus(exchange: Exchange, status: Status): void {
  const { response } = exchange;
  if (response.headersSent) {
    response.end();
    return;
  }
  const retryAfter = status.details?.retryAfterSeconds;
  if (retryAfter) response.setHeader("Retry-After", String(retryAfter));
  respondJson(exchange, status.code ?? 200, status, { format: "json", transform: "none", transformVersion: "v1" });
}

export function respondJson(exchange: Exchange, code: number, object: object, representation?: Representation): void {
  const bytes = Buffer.from(`${JSON.stringify(object)}\n`);
  respondBytes(exchange, code, bytes, representation ?? { format: "json", transform: "none", transformVersion: "v1" });
}

export function respondText(
  exchange: Exchange,
  code: number,
  text: string,
  contentType = "text/plain; charset=utf-8",
): void {
  writeHead(exchange, code, contentType);
  exchange.response.end(text);
}

export function respondRaw(exchange: Exchange, code: number, contentType: string, bytes: Uint8Array): void {
  writeHead(exchange, code, contentType);
  exchange.response.end(bytes);
}

function respondBytes(exchange: Exchange, code: number, json: Buffer, representation: Representation): void {
  if (representation.format === "yaml") {
    writeHead(exchange, code, "application/yaml");
    exchange.response.end(stringify(JSON.parse(json.toString("utf8"))));
    return;
  }
  const bytes = isPretty(exchange)
    ? Buffer.from(`${JSON.stringify(JSON.parse(json.toString("utf8")), undefined, 2)}\n`)
    : json;
  writeHead(exchange, code, "application/json");
  exchange.response.setHeader("Content-Length", bytes.length);
  exchange.response.end(bytes);
}

/** `?pretty` decides; without it, tools that people read directly get indented text. */
function isPretty(exchange: Exchange): boolean {
  const pretty = exchange.query.get("pretty");
  if (pretty !== null) return pretty !== "false" && pretty !== "0";
  return /^(curl|Wget|Mozilla)\b/.test(headerOf(exchange.request, "user-agent"));
}

function objectBytes(
  exchange: Exchange,
  { store, stored }: Extract<Outcome, { kind: "object" }>,
  representation: Representation,
): Buffer {
  const { transform, transformVersion } = representation;
  if (transform === "none") return Buffer.concat([objectJson(store.definition, stored), newline]);
  if (transform === "PartialObjectMetadata") return Buffer.concat([partialJson(stored, transformVersion), newline]);
  if (transform === "PartialObjectMetadataList") throw badRequest("the requested object cannot be shown as a list");
  const metadata = { resourceVersion: stored.object.metadata.resourceVersion };
  const table = tableOf(store.definition, [stored.object], metadata, tableRequest(exchange, transformVersion));
  return Buffer.from(`${JSON.stringify(table)}\n`);
}

function listBytes(exchange: Exchange, store: ResourceStore, page: ListPage, representation: Representation): Buffer {
  const { transform, transformVersion } = representation;
  const metadata = listMetadata(page);
  if (transform === "Table") {
    const objects = page.items.map(({ object }) => object);
    return Buffer.from(
      `${JSON.stringify(tableOf(store.definition, objects, metadata, tableRequest(exchange, transformVersion)))}\n`,
    );
  }
  const isPartial = transform !== "none";
  const { group, version, kind } = store.definition;
  const listKind = isPartial ? "PartialObjectMetadataList" : `${kind}List`;
  const apiVersion = isPartial ? `meta.k8s.io/${transformVersion}` : group === "" ? version : `${group}/${version}`;
  const chunks: Buffer[] = [
    Buffer.from(
      `{"kind":${JSON.stringify(listKind)},"apiVersion":${JSON.stringify(apiVersion)},"metadata":${JSON.stringify(metadata)},"items":[`,
    ),
  ];
  page.items.forEach((stored, index) => {
    if (index > 0) chunks.push(comma);
    chunks.push(isPartial ? partialJson(stored, transformVersion) : itemJson(stored));
  });
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

function tableRequest(exchange: Exchange, metaVersion: string) {
  return { includeObject: includeObjectOf(exchange), nowMs: exchange.startedAtMs, metaVersion };
}

function includeObjectOf(exchange: Exchange): "None" | "Metadata" | "Object" {
  const value = exchange.query.get("includeObject") ?? "";
  if (value === "" || value === "Metadata") return "Metadata";
  if (value === "None" || value === "Object") return value;
  throw badRequest(`unrecognized includeObject value: ${JSON.stringify(value)}`);
}
