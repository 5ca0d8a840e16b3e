import type { JWTPayload } from "jose";
import { exchangeJson } from "../../outbound/json-client.ts";

/** Where a claim is to be had that a token does not hold itself (OpenID Connect Core §5.6.2). */
interface Source {
  readonly endpoint?: string;
  readonly access_token?: string;
}

export interface ClaimResolver {
  /** Of the endpoint's certificate; undefined for the system's. */
  readonly ca: string | undefined;
  /** The claims of a token, whoever it says has issued it. */
  verify(token: string): Promise<JWTPayload>;
}

const TIMEOUT_MS = 30_000;

/** The claims with this one in its place, fetched if that is how the token has it. Throws in upstream's words when it cannot be had. */
export async function withDistributedClaim(
  claims: JWTPayload,
  claim: string,
  resolver: ClaimResolver,
): Promise<JWTPayload> {
  if (claim in claims || !("_claim_names" in claims)) return claims;
  const names = claims["_claim_names"] as Readonly<Record<string, string>>;
  const sources = (claims["_claim_sources"] ?? {}) as Readonly<Record<string, Source>>;
  const name = names[claim];
  if (name === undefined) return claims;
  const source = sources[name];
  try {
    if (!source) throw new Error(`id token _claim_names contained a source ${name} missing in _claims_sources`);
    // One that brings its claims along in a token of its own is passed over, as upstream has it.
    if (!source.endpoint) return claims;
    return { ...claims, [claim]: await fetchClaim(claim, source.endpoint, source.access_token ?? "", resolver) };
  } catch (cause) {
    throw new Error(`oidc: could not expand distributed claims: ${(cause as Error).message}`, { cause });
  }
}

async function fetchClaim(claim: string, url: string, token: string, { ca, verify }: ClaimResolver): Promise<unknown> {
  const failed = (why: string) => new Error(`while getting distributed claim ${JSON.stringify(claim)}: ${why}`);
  const endpoint = { url, token, timeoutMs: TIMEOUT_MS, ...(ca && { ca }) };
  const { status, text } = await exchangeJson(endpoint).catch((error: Error) => {
    throw failed(error.message);
  });
  if (status !== 200) throw failed(`error while getting distributed claim JWT: ${status}`);
  const found = await verify(text.trim()).catch((error: Error) => {
    throw new Error(`verify distributed claim token: ${error.message}`);
  });
  if (!(claim in found))
    throw new Error(
      `jwt returned by distributed claim endpoint ${JSON.stringify(url)} did not contain claim: ${claim}`,
    );
  return found[claim];
}
