import type { Filter } from "../exchange.ts";
import { parseRequestInfo } from "../request-info.ts";

const STREAMING = new Set(["exec", "attach", "portforward", "proxy"]);

/** What the request is about, from its path and method. */
export const requestInfo: Filter = async (exchange, next) => {
  const info = parseRequestInfo(exchange.request.method ?? "GET", exchange.path, exchange.query);
  exchange.info = info;
  exchange.isLongRunning =
    info.verb === "watch" ||
    STREAMING.has(info.subresource) ||
    (info.subresource === "log" && exchange.query.get("follow") === "true");
  await next(exchange);
};
