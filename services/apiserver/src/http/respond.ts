import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { parseExactJson, type Status, type StatusError, stringifyJson } from "@drydock/apimachinery";
import { encodeProtobuf, hasProtobuf, schemaNameOf, wrapProtobuf } from "@drydock/kube-api";
import { stringify } from "yaml";
import { recordResponse } from "../audit/audit-record.ts";
import type { Outcome } from "../verbs/outcome.ts";
import { type Exchange, headerOf } from "./exchange.ts";
import { mediaTypeOf, negotiate, plainJson, type Representation, untransformed } from "./negotiate.ts";
import { PageNotFound } from "./page-not-found.ts";
import { listBytes, objectBytes, plainObject } from "./render-outcome.ts";
import type { RequestMetrics } from "./request-metrics.ts";
import { writeHead } from "./response-head.ts";
import { streamWatch } from "./watch-stream.ts";

/** Answers longer than this are compressed for who takes it; upstream's threshold and level. */
const gzipBytesMin = 128 * 1024;
const gzipLevel = 1;
const compress = promisify(gzip);

/** Writes what a call came to, in the representation the client asked for. */
export async function respond(
  exchange: Exchange,
  outcome: Outcome,
  representation: Representation,
  metrics: RequestMetrics,
): Promise<void> {
  recordOutcome(exchange, outcome);
  switch (outcome.kind) {
    case "status":
      return respondStatus(exchange, outcome.status);
    case "plain":
      return respondObject(
        exchange,
        outcome.code,
        plainObject(exchange, outcome.object, representation),
        representation,
      );
    case "object":
      return respondBytes(exchange, outcome.code, objectBytes(exchange, outcome, representation), representation);
    case "list":
      return respondBytes(exchange, 200, listBytes(exchange, outcome, representation), representation);
    case "watch":
      return streamWatch(exchange, outcome, representation, metrics);
  }
}

function recordOutcome(exchange: Exchange, outcome: Outcome): void {
  const { audit } = exchange;
  if (outcome.kind === "status" && audit) audit.status = outcome.status;
  if (outcome.kind === "status") recordResponse(audit, () => outcome.status);
  if (outcome.kind === "plain") recordResponse(audit, () => outcome.object);
  if (outcome.kind === "object")
    recordResponse(audit, () => parseExactJson(objectBytes(exchange, outcome, plainJson).toString("utf8")));
  if (outcome.kind === "list")
    recordResponse(audit, () => parseExactJson(listBytes(exchange, outcome, plainJson).toString("utf8")));
}

export async function respondError(exchange: Exchange, error: StatusError): Promise<void> {
  if (!(error instanceof PageNotFound)) return respondStatus(exchange, error.status);
  exchange.response.setHeader("X-Content-Type-Options", "nosniff");
  respondText(exchange, 404, PageNotFound.text);
}

async function respondStatus(exchange: Exchange, status: Status): Promise<void> {
  const { response } = exchange;
  if (response.headersSent) {
    response.end();
    return;
  }
  const retryAfter = status.details?.retryAfterSeconds;
  if (retryAfter) response.setHeader("Retry-After", String(retryAfter));
  const code = status.code ?? 200;
  const representation = negotiate(headerOf(exchange.request, "accept"), untransformed);
  if (representation) return respondObject(exchange, code, status, representation);
  // Who accepts nothing that we write is told in JSON.
  respondRaw(exchange, code, "application/json", Buffer.from(JSON.stringify(status, undefined, 2)));
}

/** An object that is encoded for this answer only. */
async function respondObject(
  exchange: Exchange,
  code: number,
  object: object,
  representation: Representation,
): Promise<void> {
  if (representation.format !== "protobuf") {
    return respondBytes(exchange, code, Buffer.from(`${stringifyJson(object)}\n`), representation);
  }
  const { apiVersion, kind } = object as { apiVersion: string; kind: string };
  const schema = schemaNameOf(apiVersion, kind);
  if (schema === undefined || !hasProtobuf(schema)) return respondObject(exchange, code, object, plainJson);
  return respondBytes(exchange, code, wrapProtobuf(apiVersion, kind, encodeProtobuf(schema, object)), representation);
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

export function respondRaw(
  exchange: Exchange,
  code: number,
  contentType: string,
  bytes: Uint8Array,
  cacheControl?: string,
): void {
  writeHead(exchange, code, contentType, cacheControl);
  exchange.response.end(bytes);
}

/** `bytes` are JSON, or protobuf when that was asked for. */
async function respondBytes(
  exchange: Exchange,
  code: number,
  bytes: Buffer,
  representation: Representation,
): Promise<void> {
  const body = inFormat(exchange, bytes, representation);
  const { response, request } = exchange;
  const isCompressed = body.length > gzipBytesMin && acceptsGzip(headerOf(request, "accept-encoding"));
  const sent = isCompressed ? await compress(body, { level: gzipLevel }) : body;
  if (response.headersSent || response.destroyed) return;
  writeHead(exchange, code, mediaTypeOf(representation.format));
  if (isCompressed) {
    response.setHeader("Content-Encoding", "gzip");
    response.setHeader("Vary", "Accept-Encoding");
  }
  response.setHeader("Content-Length", sent.length);
  response.end(sent);
}

export function inFormat(exchange: Exchange, bytes: Buffer, representation: Representation): Buffer {
  switch (representation.format) {
    case "protobuf":
      return bytes;
    case "yaml":
      return Buffer.from(
        stringify(parseExactJson(bytes.toString("utf8")), {
          sortMapEntries: true,
          indentSeq: false,
          lineWidth: 0,
          version: "1.1",
        }),
      );
    case "json":
      if (!isPretty(exchange, representation)) return bytes;
      return Buffer.from(`${stringifyJson(parseExactJson(bytes.toString("utf8")), 2)}\n`);
  }
}

/** The first coding that is called so and nothing else: upstream knows no quality values here. */
function acceptsGzip(acceptEncoding: string): boolean {
  return acceptEncoding.split(",").some((token) => token.trim() === "gzip");
}

/** The media type's parameter, then `?pretty` decides; without them, tools that people read directly get indented text. */
function isPretty(exchange: Exchange, representation: Representation): boolean {
  if (representation.isPretty) return true;
  const pretty = exchange.query.get("pretty");
  if (pretty) return /^(1|t|T|TRUE|true|True)$/.test(pretty);
  return /^(curl|Wget|Mozilla\/5\.0)/.test(headerOf(exchange.request, "user-agent"));
}
