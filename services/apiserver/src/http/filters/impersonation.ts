import { badRequest, forbidden } from "@drydock/apimachinery";
import { type RawHeader, rawHeadersOf, unescapeKey } from "../../authentication/request-header.ts";
import { serviceAccountGroups } from "../../authentication/service-account-claims.ts";
import { anonymousUser, type UserInfo } from "../../authentication/user-info.ts";
import { type Authorizer, forbiddenReason } from "../../authorization/authorizer.ts";
import type { Filter } from "../exchange.ts";

const EXTRA_PREFIX = "impersonate-extra-";
const AUTHENTICATION = "authentication.k8s.io";

/** Whom somebody wants to act as, part by part. */
interface Wanted {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

interface Part {
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

/** `Impersonate-User` and its like: acts as somebody else, if the `impersonate` verb is allowed for each part. */
export function impersonation(authorizer: Authorizer): Filter {
  return async (exchange, next) => {
    const { request, user } = exchange;
    const wanted = wantedOf(rawHeadersOf(request.rawHeaders, request.headers));
    const parts = partsOf(wanted);
    if (parts.length === 0) return next(exchange);
    if (wanted.name === "") throw badRequest(`requested ${describe(wanted)} without impersonating a user name`);
    for (const part of parts) await assertAllowed(authorizer, user, part);
    exchange.impersonator = user;
    exchange.user = impersonated(wanted);
    await next(exchange);
  };
}

function wantedOf(headers: readonly RawHeader[]): Wanted {
  const valuesOf = (name: string) => headers.filter(([header]) => header === name).map(([, value]) => value);
  const extra: Record<string, string[]> = {};
  for (const [header, value] of headers) {
    if (!header.startsWith(EXTRA_PREFIX)) continue;
    const key = unescapeKey(header.slice(EXTRA_PREFIX.length));
    extra[key] = [...(extra[key] ?? []), value];
  }
  return {
    name: valuesOf("impersonate-user")[0] ?? "",
    uid: valuesOf("impersonate-uid")[0] ?? "",
    groups: valuesOf("impersonate-group"),
    extra,
  };
}

function partsOf({ name, uid, groups, extra }: Wanted): Part[] {
  const none = { group: "", subresource: "", namespace: "" };
  const account = serviceAccountOf(name);
  return [
    ...(account ? [{ ...none, resource: "serviceaccounts", ...account }] : []),
    ...(name !== "" && !account ? [{ ...none, resource: "users", name }] : []),
    ...groups.map((group) => ({ ...none, resource: "groups", name: group })),
    ...Object.entries(extra).flatMap(([key, values]) =>
      values.map((value) => ({
        ...none,
        group: AUTHENTICATION,
        resource: "userextras",
        subresource: key,
        name: value,
      })),
    ),
    ...(uid === "" ? [] : [{ ...none, group: AUTHENTICATION, resource: "uids", name: uid }]),
  ];
}

function serviceAccountOf(user: string): { namespace: string; name: string } | undefined {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user) ?? [];
  return namespace && name ? { namespace, name } : undefined;
}

/** As Go prints the user that was asked for. */
function describe({ name, uid, groups, extra }: Wanted): string {
  const text = JSON.stringify;
  const list = (all: readonly string[]) => `[]string{${all.map((one) => text(one)).join(", ")}}`;
  const extras = Object.keys(extra).sort();
  const entries = extras.map((key) => `${text(key)}:${list(extra[key] ?? []).replace("[]string", "")}`);
  const shownExtra = extras.length === 0 ? "map[string][]string(nil)" : `map[string][]string{${entries.join(", ")}}`;
  const shownGroups = groups.length === 0 ? "[]string(nil)" : list(groups);
  return `&user.DefaultInfo{Name:${text(name)}, UID:${text(uid)}, Groups:${shownGroups}, Extra:${shownExtra}}`;
}

/** The groups that somebody of this name has anyway are added, unless groups were named for a service account. */
function impersonated({ name, uid, groups, extra }: Wanted): UserInfo {
  const account = serviceAccountOf(name);
  const all = groups.length === 0 && account ? serviceAccountGroups(account.namespace) : [...groups];
  const isMarked = all.includes("system:authenticated") || all.includes("system:unauthenticated");
  const isAnonymous = name === anonymousUser.name;
  if (isAnonymous && !all.includes("system:unauthenticated")) all.push("system:unauthenticated");
  if (!isAnonymous && !isMarked) all.push("system:authenticated");
  return { name, ...(uid && { uid }), groups: all, ...(Object.keys(extra).length > 0 && { extra }) };
}

async function assertAllowed(authorizer: Authorizer, user: UserInfo, part: Part): Promise<void> {
  const attributes = { user, isResourceRequest: true, path: "", verb: "impersonate", ...part };
  const { verdict, reason } = await authorizer.authorize(attributes);
  if (verdict === "allow") return;
  const { group, resource, name } = part;
  throw forbidden({ group, resource }, name, forbiddenReason(attributes, reason));
}
