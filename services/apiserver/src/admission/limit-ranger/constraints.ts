import { parseQuantity } from "@drydock/apimachinery";
import type { V1LimitRangeItem } from "@drydock/kube-api";
import type { Amounts } from "@drydock/resource-usage";

/** What a subject (a container, a pod, a claim) asks for and is held to, against one item of a LimitRange: upstream's words for each breach. */
export function breachesOf(item: V1LimitRangeItem, requests: Amounts, limits: Amounts): string[] {
  return [
    ...entries(item.min).flatMap(([name, text]) => minimum(item.type, name, text, requests, limits)),
    ...entries(item.max).flatMap(([name, text]) => maximum(item.type, name, text, requests, limits)),
    ...entries(item.maxLimitRequestRatio).flatMap(([name, text]) => ratio(item.type, name, text, requests, limits)),
  ];
}

/** The same of what has requests only: a claim. */
export function requestBreachesOf(item: V1LimitRangeItem, requests: Amounts): string[] {
  return [
    ...entries(item.min).flatMap(([name, text]) => minimum(item.type, name, text, requests, new Map())),
    ...entries(item.max).flatMap(([name, text]) => {
      const request = requests.get(name);
      const what = `maximum ${name} usage per ${item.type} is ${text}`;
      if (!request) return [`${what}.  No request is specified`];
      return request.compare(parseQuantity(text)) > 0 ? [`${what}, but request is ${request}`] : [];
    }),
  ];
}

function minimum(type: string, name: string, text: string, requests: Amounts, limits: Amounts): string[] {
  const [request, limit, enforced] = [requests.get(name), limits.get(name), parseQuantity(text)];
  const what = `minimum ${name} usage per ${type} is ${text}`;
  if (!request) return [`${what}.  No request is specified`];
  if (request.compare(enforced) < 0) return [`${what}, but request is ${request}`];
  return limit && limit.compare(enforced) < 0 ? [`${what}, but limit is ${limit}`] : [];
}

function maximum(type: string, name: string, text: string, requests: Amounts, limits: Amounts): string[] {
  const [request, limit, enforced] = [requests.get(name), limits.get(name), parseQuantity(text)];
  const what = `maximum ${name} usage per ${type} is ${text}`;
  if (!limit) return [`${what}.  No limit is specified`];
  if (limit.compare(enforced) > 0) return [`${what}, but limit is ${limit}`];
  return request && request.compare(enforced) > 0 ? [`${what}, but request is ${request}`] : [];
}

function ratio(type: string, name: string, text: string, requests: Amounts, limits: Amounts): string[] {
  const [request, limit] = [requests.get(name), limits.get(name)];
  const what = `${name} max limit to request ratio per ${type} is ${text}`;
  if (!request || request.isZero()) return [`${what}, but no request is specified or request is 0`];
  if (!limit || limit.isZero()) return [`${what}, but no limit is specified or limit is 0`];
  const observed = limit.toNumber() / request.toNumber();
  return observed > parseQuantity(text).toNumber() ? [`${what}, but provided ratio is ${observed.toFixed(6)}`] : [];
}

function entries(list: Readonly<Record<string, string>> | undefined): [string, string][] {
  return Object.entries(list ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
}
