import { randomBytes } from "node:crypto";
import { type ByteRange, parseByteRanges } from "./byte-ranges.ts";
import { type Exchange, headerOf } from "./exchange.ts";
import { respondRaw, respondText } from "./respond.ts";
import { type ServedDocument, serveDocument } from "./serve-document.ts";

const made = new WeakMap<ServedDocument, number>();

/** A document as Go's file server gives it: parts of it where they are asked for, nothing to those who have it already. */
export function serveContent(exchange: Exchange, document: ServedDocument, cacheControl?: string): void {
  const { request, response } = exchange;
  const modified = modifiedAt(document);
  const known = headerOf(request, "if-none-match");
  const since = Date.parse(headerOf(request, "if-modified-since"));
  response.setHeader("Last-Modified", modified);
  if (known === "" && since >= Date.parse(modified)) return respondRaw(exchange, 304, "", new Uint8Array());
  response.setHeader("Accept-Ranges", "bytes");
  if (known !== "" || !wantsPart(exchange, document)) return serveDocument(exchange, document, cacheControl);
  const { bytes, contentType, hash } = document;
  const parsed = parseByteRanges(headerOf(request, "range"), bytes.length);
  if ("problem" in parsed) return refuse(exchange, bytes.length, parsed.problem);
  const [range, ...more] = parsed.ranges;
  if (!range) return serveDocument(exchange, document, cacheControl);
  response.setHeader("ETag", `"${hash}"`);
  if (more.length > 0) return serveParts(exchange, document, parsed.ranges, cacheControl);
  response.setHeader("Content-Range", rangeText(range, bytes.length));
  respondRaw(exchange, 206, contentType, bytes.subarray(range.first, range.last + 1), cacheControl);
}

/** Whether a part is asked for, of this very document. */
export function wantsPart({ request }: Exchange, document: ServedDocument): boolean {
  if (headerOf(request, "range") === "") return false;
  const condition = headerOf(request, "if-range");
  return condition === "" || condition === `"${document.hash}"` || condition === modifiedAt(document);
}

function modifiedAt(document: ServedDocument): string {
  const atMs = made.get(document) ?? Date.now();
  made.set(document, atMs);
  return new Date(atMs).toUTCString();
}

function refuse(exchange: Exchange, size: number, problem: "invalid" | "beyond"): void {
  const { response } = exchange;
  for (const name of ["Last-Modified", "Accept-Ranges"]) response.removeHeader(name);
  response.setHeader("X-Content-Type-Options", "nosniff");
  if (problem === "beyond") response.setHeader("Content-Range", `bytes */${size}`);
  respondText(exchange, 416, problem === "beyond" ? "invalid range: failed to overlap\n" : "invalid range\n");
}

/** Several parts in one answer (RFC 9110, 14.6). */
function serveParts(
  exchange: Exchange,
  { bytes, contentType }: ServedDocument,
  ranges: readonly ByteRange[],
  cacheControl?: string,
): void {
  const boundary = randomBytes(30).toString("hex");
  const parts = ranges.flatMap((range, index) => [
    Buffer.from(
      `${index === 0 ? "" : "\r\n"}--${boundary}\r\nContent-Range: ${rangeText(range, bytes.length)}\r\nContent-Type: ${contentType}\r\n\r\n`,
    ),
    bytes.subarray(range.first, range.last + 1),
  ]);
  const body = Buffer.concat([...parts, Buffer.from(`\r\n--${boundary}--\r\n`)]);
  respondRaw(exchange, 206, `multipart/byteranges; boundary=${boundary}`, body, cacheControl);
}

function rangeText({ first, last }: ByteRange, size: number): string {
  return `bytes ${first}-${last}/${size}`;
}
