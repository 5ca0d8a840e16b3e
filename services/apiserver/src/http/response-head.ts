import type { Exchange } from "./exchange.ts";

/** Status, type, and what admission and validation want the client to know. The first byte of the body sends it. */
export function writeHead(exchange: Exchange, code: number, contentType: string): void {
  const { response } = exchange;
  response.statusCode = code;
  if (contentType !== "") response.setHeader("Content-Type", contentType);
  response.setHeader("Cache-Control", "no-cache, private");
  const warnings = [...new Set(exchange.warnings)].map((text) => `299 - ${JSON.stringify(text)}`);
  if (warnings.length > 0) response.setHeader("Warning", warnings);
}
