import type { Exchange } from "../exchange.ts";
import { respondText } from "../respond.ts";

/** Plain text, as upstream has it; clients wait as long as the header says. */
export function turnAway(exchange: Exchange, retryAfterSeconds: number): void {
  exchange.response.setHeader("Retry-After", String(retryAfterSeconds));
  exchange.response.setHeader("X-Content-Type-Options", "nosniff");
  respondText(exchange, 429, "Too many requests, please try again later.\n");
}
