import { decodeJwt, errors, type JWTPayload, jwtVerify } from "jose";
import { forApiAudiences, type TokenAuthenticator, type Verdict } from "../token-authenticator.ts";
import { withDistributedClaim } from "./distributed-claims.ts";
import { IssuerKeys } from "./issuer-keys.ts";
import type { JwtIssuer } from "./jwt-issuer.ts";

/** Issuers' clocks may be this far ahead. */
const NOT_BEFORE_LEEWAY_S = 300;

/** The ID tokens of an OIDC issuer; claims become the user as the mappings say. */
export function jwtTokens(issuer: JwtIssuer, apiAudiences: readonly string[]): TokenAuthenticator {
  const keys = new IssuerKeys(issuer);
  const others = new Map<string, IssuerKeys>();
  /** Who keeps a claim may be another issuer than who sends one there for it. */
  const verify = async (other: string) => {
    const url = issuerOf(other) ?? "";
    const known =
      url === issuer.url ? keys : (others.get(url) ?? new IssuerKeys({ ...issuer, url, discoveryUrl: undefined }));
    others.set(url, known);
    return verified(other, issuer, known);
  };
  const { groupsClaim } = issuer.mappings;
  return forApiAudiences(apiAudiences, async (token): Promise<Verdict> => {
    if (issuerOf(token) !== issuer.url) return undefined;
    try {
      const own = await verified(token, issuer, keys);
      const claims = groupsClaim ? await withDistributedClaim(own, groupsClaim, { ca: issuer.ca, verify }) : own;
      return { kind: "user", user: issuer.mappings.userOf(claims), audiences: [] };
    } catch (error) {
      return { kind: "refused", reason: reasonOf(error) };
    }
  });
}

async function verified(token: string, issuer: JwtIssuer, keys: IssuerKeys): Promise<JWTPayload> {
  const { payload } = await jwtVerify(token, keys.find, {
    algorithms: [...issuer.algorithms],
    clockTolerance: NOT_BEFORE_LEEWAY_S,
  });
  const nowSeconds = Date.now() / 1000;
  if (payload.exp === undefined || payload.exp <= nowSeconds)
    throw new Error(`oidc: verify token: oidc: token is expired (Token Expiry: ${dateOf(payload.exp)})`);
  const audiences = [payload.aud ?? []].flat();
  if (!issuer.audiences.some((audience) => audiences.includes(audience)))
    throw new Error(
      `oidc: verify token: oidc: expected audience ${JSON.stringify(issuer.audiences[0])} got ${JSON.stringify(audiences)}`,
    );
  return payload;
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JOSEError) return `oidc: verify token: failed to verify signature: ${error.message}`;
  return (error as Error).message;
}

function dateOf(seconds: number | undefined): string {
  return new Date((seconds ?? 0) * 1000).toISOString();
}

function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}
