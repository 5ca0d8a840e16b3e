import {
  adaptJson,
  compileCel,
  dyn,
  formatType,
  type Json,
  listType,
  mapType,
  objectType,
  type Program,
  simpleType,
  toJson,
} from "@drydock/cel";
import type { UserInfo } from "../user-info.ts";

/** One claim with a prefix, or an expression over `claims`. */
export type ClaimSource = { readonly claim: string; readonly prefix: string } | { readonly expression: string };

export type ValidationRule =
  | { readonly claim: string; readonly requiredValue: string }
  | { readonly expression: string; readonly message: string };

export interface MappingRules {
  readonly username: ClaimSource;
  readonly groups: ClaimSource | undefined;
  readonly uid: ClaimSource | undefined;
  readonly extra: readonly { readonly key: string; readonly valueExpression: string }[];
  readonly claimRules: readonly ValidationRule[];
  readonly userRules: readonly { readonly expression: string; readonly message: string }[];
}

type Claims = Readonly<Record<string, unknown>>;
type Read = (claims: Claims) => unknown;

/** How the claims of a verified token become a user. */
export class ClaimMappings {
  readonly #rules: MappingRules;
  readonly #username: Read;
  readonly #groups: Read;
  readonly #uid: Read;
  readonly #extra: readonly { readonly key: string; readonly read: Read }[];
  readonly #claimRules: readonly ((claims: Claims) => void)[];
  readonly #userRules: readonly ((user: object) => void)[];

  /** Throws naming the first expression that is none. */
  constructor(rules: MappingRules) {
    this.#rules = rules;
    this.#username = readerOf(rules.username);
    this.#groups = rules.groups ? readerOf(rules.groups) : () => undefined;
    this.#uid = rules.uid ? readerOf(rules.uid) : () => undefined;
    this.#extra = rules.extra.map(({ key, valueExpression }) => ({ key, read: expressionReader(valueExpression) }));
    this.#claimRules = rules.claimRules.map(claimRule);
    this.#userRules = rules.userRules.map((rule) => booleanRule("user", rule));
  }

  /** The claim that groups are read from, if they are. */
  get groupsClaim(): string | undefined {
    const { groups } = this.#rules;
    return groups && "claim" in groups ? groups.claim : undefined;
  }

  /** Throws in upstream's words when the claims are not those of a user. */
  userOf(claims: Claims): UserInfo {
    const name = this.#nameOf(claims);
    const groups = listOf(this.#groups(claims), "groups");
    const prefixed = withPrefix(this.#rules.groups, groups);
    for (const check of this.#claimRules) check(claims);
    const uid = this.#uid(claims);
    if (uid !== undefined && typeof uid !== "string") throw new Error("oidc: uid is not a string");
    const extra = Object.fromEntries(
      this.#extra
        .map(({ key, read }) => [key, listOf(read(claims), key)] as const)
        .filter(([, values]) => values.length > 0),
    );
    const user = { name, ...(uid && { uid }), groups: prefixed, ...(Object.keys(extra).length > 0 && { extra }) };
    const shown = { username: name, uid: uid ?? "", groups: prefixed, extra };
    for (const check of this.#userRules) check(shown);
    return user;
  }

  #nameOf(claims: Claims): string {
    const { username } = this.#rules;
    const value = this.#username(claims);
    if ("expression" in username) {
      if (typeof value !== "string" || value === "")
        throw new Error("oidc: username claim expression evaluated to no text");
      return value;
    }
    if (value === undefined)
      throw new Error(`oidc: parse username claims ${JSON.stringify(username.claim)}: claim not present`);
    if (typeof value !== "string")
      throw new Error(`oidc: parse username claims ${JSON.stringify(username.claim)}: claim is no string`);
    // An address that nobody has checked could be anybody's.
    if (username.claim === "email" && "email_verified" in claims && claims["email_verified"] !== true)
      throw new Error("oidc: email not verified");
    return username.prefix + value;
  }
}

function withPrefix(source: ClaimSource | undefined, values: readonly string[]): string[] {
  const prefix = source && "prefix" in source ? source.prefix : "";
  return values.map((value) => prefix + value);
}

function readerOf(source: ClaimSource): Read {
  if ("expression" in source) return expressionReader(source.expression);
  return (claims) => claims[source.claim];
}

function expressionReader(expression: string): Read {
  const program = compiled(expression, "claims");
  return (claims) => evaluated(program, { claims });
}

function claimRule(rule: ValidationRule): (claims: Claims) => void {
  if ("expression" in rule) return booleanRule("claims", rule);
  return (claims) => {
    if (!(rule.claim in claims)) throw new Error(`oidc: required claim ${rule.claim} not present in ID token`);
    if (claims[rule.claim] !== rule.requiredValue)
      throw new Error(
        `oidc: required claim ${rule.claim} value does not match. Got = ${String(claims[rule.claim])}, want = ${rule.requiredValue}`,
      );
  };
}

function booleanRule(variable: "claims" | "user", { expression, message }: { expression: string; message: string }) {
  const program = compiled(expression, variable);
  const type = formatType(program.type);
  if (type !== "bool" && type !== "dyn" && type !== "any") throw new Error("compilation failed: must evaluate to bool");
  return (value: object) => {
    if (evaluated(program, { [variable]: value }) !== true)
      throw new Error(
        `oidc: error evaluating ${variable === "user" ? "user" : "claim"} validation rule: ${message || `validation expression '${expression}' failed`}`,
      );
  };
}

const string = simpleType("string");

/** What expressions may refer to. Of claims nothing is known but that they have names. */
const TYPES = {
  claims: mapType(string, dyn),
  user: objectType("kubernetes.UserInfo", {
    username: string,
    uid: string,
    groups: listType(string),
    extra: mapType(string, listType(string)),
  }),
};

function compiled(expression: string, variable: keyof typeof TYPES): Program {
  const result = compileCel(expression, { variables: { [variable]: TYPES[variable] } });
  if (!result.ok) throw new Error(`compilation failed: ${result.error}`);
  return result.program;
}

function evaluated(program: Program, variables: Readonly<Record<string, object>>): Json {
  const bindings = Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, adaptJson(value)]));
  const result = program.evaluate(bindings);
  if (!result.ok) throw new Error(`oidc: error evaluating expression: ${result.error}`);
  return toJson(result.value, "text");
}

/** A text alone counts as a list of one; nothing as none. */
function listOf(value: unknown, what: string): string[] {
  if (value === undefined || value === null || value === "") return [];
  const list = Array.isArray(value) ? (value as unknown[]) : [value];
  if (!list.every((item) => typeof item === "string"))
    throw new Error(`oidc: parse ${what} claim: must be text or a list of texts`);
  return list as string[];
}
