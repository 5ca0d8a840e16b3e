import { badRequest } from "@drydock/apimachinery";
import type { Filter } from "../exchange.ts";

/** Ends what takes longer than a request may, or than the client waits (`?timeout=`). */
export function timeout(limitMs: number): Filter {
  return async (exchange, next) => {
    if (exchange.isLongRunning) return next(exchange);
    const wantedMs = parseDurationMs(exchange.query.get("timeout") ?? "");
    const timer = setTimeout(
      () => exchange.abort.abort(new DOMException("request timed out", "TimeoutError")),
      wantedMs > 0 ? Math.min(wantedMs, limitMs) : limitMs,
    );
    try {
      await next(exchange);
    } finally {
      clearTimeout(timer);
    }
  };
}

const unitsMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  "\u00b5s": 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** A duration as Go writes it, e.g. `1m30s`; 0 for none. Throws a 400 in Go's words. */
function parseDurationMs(text: string): number {
  if (text === "" || /^[+-]?0$/.test(text)) return 0;
  const bad = (why: string) => badRequest(`invalid timeout specified in the request URL - time: ${why}`);
  const quoted = JSON.stringify(text);
  const parts = [...text.replace(/^[+-]/, "").matchAll(/(\d+\.?\d*|\.\d+)([^\d.]*)/gy)];
  const isWhole = parts.reduce((length, [part]) => length + part.length, 0) === text.replace(/^[+-]/, "").length;
  if (parts.length === 0 || !isWhole) throw bad(`invalid duration ${quoted}`);
  let totalMs = 0;
  for (const [, number, unit = ""] of parts) {
    if (unit === "") throw bad(`missing unit in duration ${quoted}`);
    const factor = unitsMs[unit];
    if (factor === undefined) throw bad(`unknown unit ${JSON.stringify(unit)} in duration ${quoted}`);
    totalMs += Number(number) * factor;
  }
  return text.startsWith("-") ? -totalMs : totalMs;
}
