import type { Exchange } from "./exchange.ts";

/** Status, type, and what admission and validation want the client to know. The first byte of the body sends it. */
export function writeHead(
  exchange: Exchange,
  code: number,
  contentType: string,
  cacheControl = "no-cache, private",
): void {
  const { response } = exchange;
  response.statusCode = code;
  if (contentType !== "") response.setHeader("Content-Type", contentType);
  response.setHeader("Cache-Control", cacheControl);
  const warnings = [...new Set(exchange.warnings)]
    .filter(isHeaderText)
    .map((text) => `299 - ${headerText(JSON.stringify(text))}`);
  if (warnings.length > 0) response.setHeader("Warning", warnings);
  exchange.audit?.started();
}

/** Text as a header carries it: UTF-8, one character a byte, as Go's clients read it, and nothing that ends a line. */
function headerText(text: string): string {
  return Buffer.from(text, "utf8")
    .toString("latin1")
    .replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, "?");
}

/** What a header cannot carry is not told, as upstream. */
function isHeaderText(text: string): boolean {
  return text.isWellFormed() && !/\p{Cc}/u.test(text);
}
