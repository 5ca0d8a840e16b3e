import type { HttpHandler, HttpRequest, HttpResponse } from "../http/exchange.ts";

/** An answer of either version of HTTP, as the one who runs the handler sees it. */
export interface RunningResponse extends HttpResponse {
  readonly hasBegun: boolean;
  readonly hasEnded: boolean;
  abort(): void;
}

/** Keeps the contract of `HttpHandler`: a rejection is a 500 if it can still be said, and a handler that comes back has answered. */
export async function serveExchange(
  handler: HttpHandler,
  request: HttpRequest,
  response: RunningResponse,
): Promise<void> {
  try {
    await handler(request, response);
    if (!response.hasBegun) response.begin(500, {});
    if (!response.hasEnded) response.end();
  } catch {
    if (response.hasBegun) return response.abort();
    response.begin(500, { "content-type": "text/plain; charset=utf-8" });
    response.end("Internal Server Error\n");
  }
}
