import type { HeaderField } from "./hpack/static-table.ts";

/** Names in lower case; values of a repeated header are joined as node:http2 does it. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

export type RequestHead =
  | { readonly is: "request"; readonly headers: RequestHeaders; readonly contentLength: number | undefined }
  | { readonly is: "malformed"; readonly reason: string };

const PSEUDO = new Set([":method", ":scheme", ":path", ":authority"]);
const FORBIDDEN = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]);
/** Of these the first counts; there is no list of them. */
const SINGLE = new Set([
  "age",
  "authorization",
  "content-length",
  "content-type",
  "etag",
  "expires",
  "from",
  "host",
  "location",
  "user-agent",
]);
const NAME = /^:?[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const BROKEN_VALUE = /[\0\r\n]|^[ \t]|[ \t]$/;

/** Judges a request by RFC 9113, section 8.2 and 8.3. */
export function readRequestHead(fields: readonly HeaderField[]): RequestHead {
  const headers: Record<string, string | string[]> = Object.create(null);
  let isPseudoOver = false;
  for (const [name, value] of fields) {
    const isPseudo = name.charCodeAt(0) === 0x3a;
    if (isPseudo && (isPseudoOver || name in headers || !PSEUDO.has(name)))
      return malformed(`${name} where it must not be`);
    isPseudoOver ||= !isPseudo;
    const problem = problemOf(name, value);
    if (problem) return malformed(problem);
    addHeader(headers, name, value);
  }
  return checkRequest(headers);
}

/** Trailers have no pseudo-headers; undefined when they are well-formed. */
export function problemOfTrailers(fields: readonly HeaderField[]): string | undefined {
  for (const [name, value] of fields) {
    const problem = name.startsWith(":") ? `${name} in trailers` : problemOf(name, value);
    if (problem) return problem;
  }
  return undefined;
}

function checkRequest(headers: Readonly<Record<string, string | string[]>>): RequestHead {
  const isConnect = headers[":method"] === "CONNECT";
  const needed = isConnect ? [":authority"] : [":method", ":scheme", ":path"];
  const missing = needed.find((name) => !headers[name]);
  if (missing) return malformed(`no ${missing}`);
  if (isConnect && (headers[":path"] !== undefined || headers[":scheme"] !== undefined))
    return malformed("a path to connect to");
  if (!isConnect && !/^[/*]/.test(String(headers[":path"]))) return malformed(":path is no path");
  const length = headers["content-length"];
  if (length !== undefined && !/^\d{1,15}$/.test(String(length))) return malformed("content-length is no number");
  return {
    is: "request",
    headers: Object.freeze(headers),
    contentLength: length === undefined ? undefined : Number(length),
  };
}

function problemOf(name: string, value: string): string | undefined {
  if (!NAME.test(name)) return "a name with characters it must not have";
  if (BROKEN_VALUE.test(value)) return `${name} with characters it must not have`;
  if (FORBIDDEN.has(name)) return `${name} is not of HTTP/2`;
  if (name === "te" && value !== "trailers") return "te other than trailers";
  return undefined;
}

function addHeader(headers: Record<string, string | string[]>, name: string, value: string): void {
  const before = headers[name];
  if (name === "set-cookie") headers[name] = Array.isArray(before) ? [...before, value] : [value];
  else if (before === undefined) headers[name] = value;
  else if (!SINGLE.has(name)) headers[name] = `${before}${name === "cookie" ? "; " : ", "}${value}`;
}

function malformed(reason: string): RequestHead {
  return { is: "malformed", reason };
}
