import type { Filter } from "../exchange.ts";

/** Ends what takes longer than a request may. */
export function timeout(limitMs: number): Filter {
  return async (exchange, next) => {
    if (exchange.isLongRunning) return next(exchange);
    const timer = setTimeout(
      () => exchange.abort.abort(new DOMException("request timed out", "TimeoutError")),
      limitMs,
    );
    try {
      await next(exchange);
    } finally {
      clearTimeout(timer);
    }
  };
}
