import type { IncomingMessage } from "node:http";
import { type Duplex, pipeline } from "node:stream";
import { createDeflateRaw, createGunzip, createGzip, createInflateRaw } from "node:zlib";
import type { Exchange } from "../../http/exchange.ts";
import { HtmlLinks } from "../../reverse-proxy/html-links.ts";
import type { AnswerChanges } from "../../reverse-proxy/pass-request.ts";
import { type ProxiedPage, proxiedLink } from "../../reverse-proxy/proxied-links.ts";

/** Pages of other origins are not for the API's origin to allow. */
const CORS: ReadonlySet<string> = new Set([
  "access-control-allow-credentials",
  "access-control-allow-headers",
  "access-control-allow-methods",
  "access-control-allow-origin",
]);
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 304]);

/** What upstream's proxy changes in an answer: where it redirects to, and the links of HTML. */
export function answerChanges({ request }: Exchange, page: ProxiedPage): AnswerChanges {
  const isPage = ({ headers, statusCode = 0 }: IncomingMessage) =>
    headers.location === undefined &&
    headers["content-type"]?.split(";")[0]?.trim() === "text/html" &&
    codings(headers["content-encoding"]) !== undefined &&
    request.method !== "HEAD" &&
    !WITHOUT_BODY.has(statusCode);
  return {
    headers: (answer, headers) => {
      const kept = headers.filter(([name]) => !CORS.has(name) && !(name === "content-length" && isPage(answer)));
      return kept.map(([name, value]): (typeof headers)[number] => [name, changed(name, value, page)]);
    },
    body(answer) {
      const [decode, encode] = codings(answer.headers["content-encoding"]) ?? [];
      if (!isPage(answer)) return answer;
      const links = new HtmlLinks((link) => proxiedLink(link, page));
      const last = encode?.() ?? links;
      const failed = (error: Error | null | undefined) => error && last.destroy(error);
      if (decode && encode) pipeline([answer, decode(), links, last], failed);
      else pipeline(answer, links, failed);
      return last;
    },
  };
}

function changed(name: string, value: number | string | string[], page: ProxiedPage): number | string | string[] {
  return name === "location" && typeof value === "string" ? proxiedLink(value, page) : value;
}

/** How a body is read and written again; undefined for codings that we do not know. */
function codings(encoding = ""): [] | [() => Duplex, () => Duplex] | undefined {
  if (encoding === "") return [];
  if (encoding === "gzip") return [createGunzip, createGzip];
  if (encoding === "deflate") return [createInflateRaw, createDeflateRaw];
  return undefined;
}
