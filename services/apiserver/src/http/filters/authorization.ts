import { forbidden } from "@drydock/apimachinery";
import { type Authorizer, forbiddenReason } from "../../authorization/authorizer.ts";
import type { Filter } from "../exchange.ts";

/** Whether they may. */
export function authorization(authorizer: Authorizer): Filter {
  return async (exchange, next) => {
    const { info, user } = exchange;
    const attributes = { user, ...info };
    const decision = authorizer.authorize(attributes);
    if (decision.verdict !== "allow") {
      throw forbidden(
        { group: info.group, resource: info.resource },
        info.name,
        forbiddenReason(attributes, decision.reason),
      );
    }
    await next(exchange);
  };
}
