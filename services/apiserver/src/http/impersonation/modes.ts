import { isDns1123Subdomain, isDomainPrefixedPath } from "@drydock/apimachinery";
import { serviceAccountGroups } from "../../authentication/service-account-claims.ts";
import { anonymousUser, type UserInfo } from "../../authentication/user-info.ts";

/** Whom somebody wants to act as, part by part. */
export interface Wanted {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** One thing that whoever asks must be allowed to be. */
export interface Part {
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

/** A way to act as somebody else (KEP-5284): what for, and what it takes. */
export interface Mode {
  /** Undefined for the old way, which is not bound to what is done. */
  readonly name: "associated-node" | "arbitrary-node" | "serviceaccount" | "user-info" | undefined;
  /** Of the parts, the verb that is asked for. */
  readonly verb: string;
  applies(wanted: Wanted, requester: UserInfo): boolean;
}

const NODE_PREFIX = "system:node:";
const NODE_NAME = "authentication.kubernetes.io/node-name";
const AUTHENTICATION = "authentication.k8s.io";

const constrained = (name: Exclude<Mode["name"], undefined>, applies: Mode["applies"]): Mode => ({
  name,
  verb: `impersonate:${name}`,
  applies,
});

/** In the order in which they are tried: the narrowest first. */
export const impersonationModes: readonly Mode[] = [
  constrained("associated-node", (wanted, requester) => {
    const node = nodeOf(wanted.name);
    const own = requester.extra?.[NODE_NAME] ?? [];
    const isAccount = serviceAccountOf(requester.name) !== undefined;
    return isOnlyName(wanted) && node !== undefined && isAccount && own.length === 1 && own[0] === node;
  }),
  constrained("arbitrary-node", (wanted) => isOnlyName(wanted) && nodeOf(wanted.name) !== undefined),
  constrained("serviceaccount", (wanted) => isOnlyName(wanted) && serviceAccountOf(wanted.name) !== undefined),
  constrained("user-info", ({ name }) => nodeOf(name) === undefined && serviceAccountOf(name) === undefined),
  { name: undefined, verb: "impersonate", applies: () => true },
];

/** What of the wanted user must be allowed, in upstream's order. The new modes have all parts in one group. */
export function partsOf(mode: Mode, { name, uid, groups, extra }: Wanted): Part[] {
  const none = { group: mode.name === undefined ? "" : AUTHENTICATION, subresource: "", namespace: "" };
  const account = serviceAccountOf(name);
  const node = mode.name === undefined ? undefined : nodeOf(name);
  const user = account
    ? { ...none, resource: "serviceaccounts", ...account }
    : node !== undefined
      ? { ...none, resource: "nodes", name: mode.name === "associated-node" ? "*" : node }
      : { ...none, resource: "users", name };
  const authentication = { ...none, group: AUTHENTICATION };
  return [
    user,
    ...(uid === "" ? [] : [{ ...authentication, resource: "uids", name: uid }]),
    ...groups.map((group) => ({ ...none, resource: "groups", name: group })),
    ...Object.entries(extra).flatMap(([subresource, values]) =>
      values.map((value) => ({ ...authentication, resource: "userextras", subresource, name: value })),
    ),
  ];
}

/** What the new modes never allow: about which part, and why. */
export function refusalOf({ groups, extra }: Wanted): { readonly part: Part; readonly why: string } | undefined {
  const ofGroup = (name: string) => ({
    group: AUTHENTICATION,
    resource: "groups",
    subresource: "",
    namespace: "",
    name,
  });
  if (groups.includes("")) return { part: ofGroup(""), why: "impersonating the empty string group is not allowed" };
  const masters = "system:masters";
  if (groups.includes(masters))
    return { part: ofGroup(masters), why: "impersonating the system:masters group is not allowed" };
  const why = Object.entries(extra)
    .map(([key, values]) => extraProblem(key, values))
    .find((problem) => problem !== undefined);
  return why === undefined ? undefined : { part: { ...ofGroup(""), resource: "userextras" }, why };
}

function extraProblem(key: string, values: readonly string[]): string | undefined {
  if (key === "") return "impersonating the empty string key in extra is not allowed";
  const [problem] = isDomainPrefixedPath(key);
  if (problem !== undefined)
    return `impersonating an invalid key in extra is not allowed: extra.key: Invalid value: ${JSON.stringify(key)}: ${problem}`;
  if (values.includes("")) return "impersonating the empty string value in extra is not allowed";
  return undefined;
}

/** The user as whom the request goes on: groups that somebody of this name has anyway are added. */
export function userOf(mode: Mode, { name, uid, groups, extra }: Wanted): UserInfo {
  const account = serviceAccountOf(name);
  const isNode = mode.name !== undefined && nodeOf(name) !== undefined;
  const fixed = isNode ? ["system:nodes"] : account ? serviceAccountGroups(account.namespace) : [];
  const all = groups.length === 0 ? fixed : [...groups];
  const isAnonymous = name === anonymousUser.name;
  const marks = ["system:unauthenticated", "system:authenticated"];
  if (isAnonymous && !all.includes("system:unauthenticated")) all.push("system:unauthenticated");
  if (!isAnonymous && !marks.some((mark) => all.includes(mark))) all.push("system:authenticated");
  return { name, ...(uid && { uid }), groups: all, ...(Object.keys(extra).length > 0 && { extra }) };
}

function isOnlyName({ uid, groups, extra }: Wanted): boolean {
  return uid === "" && groups.length === 0 && Object.keys(extra).length === 0;
}

function serviceAccountOf(user: string): { namespace: string; name: string } | undefined {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user) ?? [];
  return namespace && name ? { namespace, name } : undefined;
}

function nodeOf(user: string): string | undefined {
  if (!user.startsWith(NODE_PREFIX)) return undefined;
  const name = user.slice(NODE_PREFIX.length);
  return isDns1123Subdomain(name).length === 0 ? name : undefined;
}
