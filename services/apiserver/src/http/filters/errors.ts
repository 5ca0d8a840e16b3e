import type { StatusError } from "@drydock/apimachinery";
import type { Logger } from "@drydock/component";
import { toStatusError } from "../../registry/status-errors.ts";
import type { Exchange, Filter } from "../exchange.ts";
import { respondError } from "../respond.ts";

/** An answer that cannot be written costs its connection, not the process. */
async function answer(exchange: Exchange, status: StatusError, logger: Logger): Promise<void> {
  try {
    if (exchange.response.headersSent) exchange.response.end();
    else await respondError(exchange, status);
  } catch (error) {
    logger.error({ err: error, path: exchange.path }, "an error could not be told");
    exchange.response.destroy();
  }
}

/** Outermost: whatever went wrong becomes a Status; what nobody expected is logged with its stack. */
export function errors(logger: Logger): Filter {
  return async (exchange, next) => {
    try {
      await next(exchange);
    } catch (error) {
      const status = toStatusError(error);
      if (status.code >= 500)
        logger.warn({ err: error, path: exchange.path, verb: exchange.info?.verb }, "request failed");
      await answer(exchange, status, logger);
    }
  };
}
