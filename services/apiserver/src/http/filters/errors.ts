import type { Logger } from "@drydock/component";
import { toStatusError } from "../../registry/status-errors.ts";
import type { Filter } from "../exchange.ts";
import { respondError } from "../respond.ts";

/** Outermost: whatever went wrong becomes a Status; what nobody expected is logged with its stack. */
export function errors(logger: Logger): Filter {
  return async (exchange, next) => {
    try {
      await next(exchange);
    } catch (error) {
      const status = toStatusError(error);
      if (status.code >= 500)
        logger.warn({ err: error, path: exchange.path, verb: exchange.info?.verb }, "request failed");
      if (exchange.response.headersSent) exchange.response.end();
      else respondError(exchange, status);
    }
  };
}
