import { badRequest, forbidden } from "@drydock/apimachinery";
import { type RawHeader, rawHeadersOf, unescapeKey } from "../../authentication/request-header.ts";
import type { UserInfo } from "../../authentication/user-info.ts";
import { type Attributes, type Authorizer, forbiddenReason } from "../../authorization/authorizer.ts";
import { selectorsOf } from "../../authorization/selectors.ts";
import type { Filter } from "../exchange.ts";
import {
  impersonationModes,
  type Mode,
  type Part,
  partsOf,
  refusalOf,
  userOf,
  type Wanted,
} from "../impersonation/modes.ts";

const EXTRA_PREFIX = "impersonate-extra-";
/** `Impersonate-User` and its like: acts as somebody else, in the first mode that allows it. */
export function impersonation(authorizer: Authorizer): Filter {
  return async (exchange, next) => {
    const { request, user, info, query } = exchange;
    const wanted = wantedOf(rawHeadersOf(request.rawHeaders, request.headers));
    if (wanted.name === "") {
      if (wanted.uid === "" && wanted.groups.length === 0 && Object.keys(wanted.extra).length === 0)
        return next(exchange);
      throw badRequest(`requested ${describe(wanted)} without impersonating a user name`);
    }
    const selectors = selectorsOf(info.verb, query.get("fieldSelector") ?? "", query.get("labelSelector") ?? "");
    const mode = await allowedMode(authorizer, wanted, { user, ...info, ...selectors });
    exchange.impersonator = user;
    exchange.impersonationConstraint = mode.name === undefined ? undefined : mode.verb;
    exchange.user = userOf(mode, wanted);
    await next(exchange);
  };
}

/** Throws what the first mode that applies had to say when none allows it. */
async function allowedMode(authorizer: Authorizer, wanted: Wanted, attributes: Attributes): Promise<Mode> {
  let refusal: unknown;
  for (const mode of impersonationModes) {
    if (!mode.applies(wanted, attributes.user)) continue;
    try {
      await assertMode(authorizer, mode, wanted, attributes);
      return mode;
    } catch (error) {
      refusal ??= error;
    }
  }
  throw refusal;
}

async function assertMode(authorizer: Authorizer, mode: Mode, wanted: Wanted, attributes: Attributes): Promise<void> {
  const user = mode.name === "associated-node" ? withoutDetails(attributes.user) : attributes.user;
  if (mode.name !== undefined)
    await assertAllowed(authorizer, { ...attributes, user, verb: `impersonate-on:${mode.name}:${attributes.verb}` });
  const of = (part: Part): Attributes => ({ user, isResourceRequest: true, path: "", verb: mode.verb, ...part });
  const never = mode.name === undefined ? undefined : refusalOf(wanted);
  for (const part of partsOf(mode, wanted)) {
    if (never && part.resource === never.part.resource) throw refused(of(never.part), never.why);
    await assertAllowed(authorizer, of(part));
  }
}

/** Whoever is bound to its own node is judged the same on every node. */
function withoutDetails(user: UserInfo): UserInfo {
  const keys = Object.keys(user.extra ?? {}).sort();
  return { ...user, extra: { "authentication.kubernetes.io/associated-node-keys": keys } };
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

async function assertAllowed(authorizer: Authorizer, attributes: Attributes): Promise<void> {
  const { verdict, reason } = await authorizer.authorize(attributes);
  if (verdict !== "allow") throw refused(attributes, reason);
}

function refused(attributes: Attributes, reason: string): Error {
  const { group, resource, name } = attributes;
  return forbidden({ group, resource }, name, forbiddenReason(attributes, reason));
}
