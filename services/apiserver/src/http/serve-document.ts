import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { type Exchange, headerOf } from "./exchange.ts";
import { respondRaw } from "./respond.ts";

const compress = promisify(gzip);
/** Shorter ones are sent as they are. */
const GZIP_BYTES_MIN = 1400;

/** A document that many ask for and that seldom changes. */
export interface ServedDocument {
  readonly contentType: string;
  readonly bytes: Uint8Array;
  /** What its ETag says, and its URL where that names it. */
  readonly hash: string;
}

/** As upstream computes it. */
export function hashOf(bytes: Uint8Array): string {
  return createHash("sha512").update(bytes).digest("hex").toUpperCase();
}

/** Answers with the document, or, to those who say that they have it, that it is still the same (304). */
export function serveDocument(exchange: Exchange, document: ServedDocument, cacheControl?: string): void {
  const { contentType, bytes } = document;
  if (!isKnown(exchange, document)) respondRaw(exchange, 200, contentType, bytes, cacheControl);
  else respondRaw(exchange, 304, "", new Uint8Array(), cacheControl);
}

const compressed = new WeakMap<ServedDocument, Promise<Buffer>>();

/** The same, compressed once for all who take that. */
export async function serveCompressed(exchange: Exchange, document: ServedDocument): Promise<void> {
  const { contentType, bytes } = document;
  const { request, response } = exchange;
  response.appendHeader("Vary", "Accept-Encoding");
  const takesGzip = /(^|[\s,])gzip([\s,;]|$)/.test(headerOf(request, "accept-encoding"));
  if (!takesGzip || bytes.length < GZIP_BYTES_MIN || isKnown(exchange, document))
    return serveDocument(exchange, document);
  const packed = compressed.get(document) ?? compress(bytes);
  compressed.set(document, packed);
  const body = await packed;
  response.setHeader("Content-Encoding", "gzip");
  respondRaw(exchange, 200, contentType, body);
}

function isKnown({ request, response }: Exchange, { hash }: ServedDocument): boolean {
  const tag = `"${hash}"`;
  response.setHeader("ETag", tag);
  const known = headerOf(request, "if-none-match").split(",");
  return known.map((candidate) => candidate.trim()).some((text) => text === "*" || text.replace(/^W\//, "") === tag);
}
