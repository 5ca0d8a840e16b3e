import { forbidden } from "@drydock/apimachinery";
import type { UserInfo } from "../../authentication/user-info.ts";
import { type Authorizer, forbiddenReason } from "../../authorization/authorizer.ts";
import { type Filter, headerOf } from "../exchange.ts";

/** `Impersonate-User` and its like: acts as somebody else, if the `impersonate` verb is allowed for each part. */
export function impersonation(authorizer: Authorizer): Filter {
  return async (exchange, next) => {
    const name = headerOf(exchange.request, "impersonate-user");
    const groups = headerOf(exchange.request, "impersonate-group")
      .split(",")
      .map((group) => group.trim())
      .filter((group) => group !== "");
    if (name === "") return next(exchange);
    const serviceAccount = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
    assertAllowed(
      authorizer,
      exchange.user,
      serviceAccount ? "serviceaccounts" : "users",
      serviceAccount ? (serviceAccount[2] as string) : name,
      serviceAccount?.[1] ?? "",
    );
    for (const group of groups) assertAllowed(authorizer, exchange.user, "groups", group, "");
    exchange.impersonator = exchange.user;
    const implied = serviceAccount ? ["system:serviceaccounts", `system:serviceaccounts:${serviceAccount[1]}`] : [];
    exchange.user = { name, groups: [...new Set([...groups, ...implied, "system:authenticated"])] };
    await next(exchange);
  };
}

function assertAllowed(
  authorizer: Authorizer,
  user: UserInfo,
  resource: string,
  name: string,
  namespace: string,
): void {
  const attributes = {
    user,
    isResourceRequest: true,
    path: "",
    verb: "impersonate",
    group: "",
    resource,
    subresource: "",
    namespace,
    name,
  };
  const decision = authorizer.authorize(attributes);
  if (decision.verdict !== "allow")
    throw forbidden({ group: "", resource }, name, forbiddenReason(attributes, decision.reason));
}
