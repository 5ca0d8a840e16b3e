import { currentTraceparent, withTrace } from "@drydock/component";
import { type Filter, headerOf } from "../exchange.ts";

/** Takes the request into its caller's trace, and names it in the answer. */
export const trace: Filter = (exchange, next) =>
  withTrace(headerOf(exchange.request, "traceparent") || undefined, async () => {
    const traceparent = currentTraceparent();
    if (traceparent) exchange.response.setHeader("Traceparent", traceparent);
    exchange.response.setHeader("Audit-Id", exchange.auditId);
    await next(exchange);
  });
