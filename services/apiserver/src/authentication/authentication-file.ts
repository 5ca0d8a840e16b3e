import { parse } from "yaml";
import { ClaimMappings, type ClaimSource, type ValidationRule } from "./jwt/claim-mappings.ts";
import type { JwtIssuer } from "./jwt/jwt-issuer.ts";

const VERSIONS = ["apiserver.config.k8s.io/v1", "apiserver.config.k8s.io/v1beta1"];
const ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512"];

/** What an AuthenticationConfiguration says. */
export interface AuthenticationFile {
  readonly issuers: readonly JwtIssuer[];
  /** Undefined when the flag decides. */
  readonly allowsAnonymous: ((path: string) => boolean) | undefined;
  /** The same, to be compared. */
  readonly anonymousText: string;
}

interface RawSource {
  readonly claim?: string;
  readonly prefix?: string;
  readonly expression?: string;
}

interface RawIssuer {
  readonly issuer?: {
    readonly url?: string;
    readonly discoveryURL?: string;
    readonly certificateAuthority?: string;
    readonly audiences?: readonly string[];
  };
  readonly claimValidationRules?: readonly Partial<
    Record<"claim" | "requiredValue" | "expression" | "message", string>
  >[];
  readonly claimMappings?: {
    readonly username?: RawSource;
    readonly groups?: RawSource;
    readonly uid?: RawSource;
    readonly extra?: readonly { readonly key?: string; readonly valueExpression?: string }[];
  };
  readonly userValidationRules?: readonly { readonly expression?: string; readonly message?: string }[];
}

interface RawFile {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly jwt?: readonly RawIssuer[];
  readonly anonymous?: { readonly enabled?: boolean; readonly conditions?: readonly { readonly path?: string }[] };
}

/** Throws naming what is wrong. */
export function parseAuthenticationFile(text: string): AuthenticationFile {
  const file = parse(text) as RawFile | null;
  if (!VERSIONS.includes(file?.apiVersion ?? "") || file?.kind !== "AuthenticationConfiguration")
    throw new Error(`no kind "${file?.kind ?? ""}" is registered for version "${file?.apiVersion ?? ""}"`);
  return {
    issuers: (file.jwt ?? []).map((raw, index) => issuerOf(raw, `jwt[${index}]`)),
    allowsAnonymous: file.anonymous && anonymousRule(file.anonymous),
    anonymousText: JSON.stringify(file.anonymous ?? null),
  };
}

function anonymousRule({ enabled = false, conditions = [] }: NonNullable<RawFile["anonymous"]>) {
  if (!enabled && conditions.length > 0)
    throw new Error("anonymous.conditions: Invalid value: enabled should be set to true when conditions are defined");
  const paths = new Set(conditions.map(({ path = "" }) => path));
  return (path: string) => enabled && (paths.size === 0 || paths.has(path));
}

function issuerOf(
  { issuer, claimMappings, claimValidationRules = [], userValidationRules = [] }: RawIssuer,
  path: string,
): JwtIssuer {
  const url = issuer?.url ?? "";
  if (url === "") throw new Error(`${path}.issuer.url: Required value: URL is required`);
  if (!URL.canParse(url) || new URL(url).protocol !== "https:")
    throw new Error(`${path}.issuer.url: Invalid value: ${JSON.stringify(url)}: URL scheme must be https`);
  if (!issuer?.audiences?.length)
    throw new Error(`${path}.issuer.audiences: Required value: at least one jwt[].issuer.audiences is required`);
  const username = sourceOf(claimMappings?.username, `${path}.claimMappings.username`);
  if (!username) throw new Error(`${path}.claimMappings.username: Required value: claim or expression is required`);
  try {
    return {
      url,
      discoveryUrl: issuer.discoveryURL,
      ca: issuer.certificateAuthority,
      audiences: issuer.audiences,
      algorithms: ALGORITHMS,
      mappings: new ClaimMappings({
        username,
        groups: sourceOf(claimMappings?.groups, `${path}.claimMappings.groups`),
        uid: sourceOf({ prefix: "", ...claimMappings?.uid }, `${path}.claimMappings.uid`),
        extra: (claimMappings?.extra ?? []).map(({ key = "", valueExpression = "" }) => ({ key, valueExpression })),
        claimRules: claimValidationRules.map(ruleOf),
        userRules: userValidationRules.map(({ expression = "", message = "" }) => ({ expression, message })),
      }),
    };
  } catch (cause) {
    throw new Error(`${path}: ${(cause as Error).message}`, { cause });
  }
}

function sourceOf({ claim, prefix, expression }: RawSource = {}, path: string): ClaimSource | undefined {
  if (claim && expression) throw new Error(`${path}: Invalid value: claim and expression can't both be set`);
  if (expression) return { expression };
  if (!claim) return undefined;
  if (prefix === undefined)
    throw new Error(
      `${path}.prefix: Required value: prefix is required when claim is set. It can be set to an empty string to disable prefixing`,
    );
  return { claim, prefix };
}

function ruleOf({
  claim = "",
  requiredValue = "",
  expression,
  message = "",
}: NonNullable<RawIssuer["claimValidationRules"]>[number]): ValidationRule {
  return expression ? { expression, message } : { claim, requiredValue };
}
