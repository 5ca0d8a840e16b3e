import { forbidden, internal } from "@drydock/apimachinery";
import { type Authorizer, forbiddenReason } from "../../authorization/authorizer.ts";
import { selectorsOf } from "../../authorization/selectors.ts";
import type { Filter } from "../exchange.ts";

/** Whether they may. */
export function authorize(authorizer: Authorizer): Filter {
  return async (exchange, next) => {
    const { info, user, query } = exchange;
    const selectors = selectorsOf(info.verb, query.get("fieldSelector") ?? "", query.get("labelSelector") ?? "");
    const attributes = { user, ...info, ...selectors };
    const decision = await authorizer.authorize(attributes);
    const annotations = exchange.audit?.annotations;
    if (annotations) {
      annotations["authorization.k8s.io/decision"] = decision.verdict === "allow" ? "allow" : "forbid";
      annotations["authorization.k8s.io/reason"] = decision.reason;
    }
    if (decision.verdict !== "allow" && decision.error) throw internal(decision.error);
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
