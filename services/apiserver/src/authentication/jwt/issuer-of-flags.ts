import { readFileSync } from "node:fs";
import type { AuthenticationConfig } from "../authentication-flags.ts";
import { ClaimMappings } from "./claim-mappings.ts";
import type { JwtIssuer } from "./jwt-issuer.ts";

/** The issuer of `--oidc-*`. */
export function issuerOfFlags(config: AuthenticationConfig): JwtIssuer {
  const url = config.oidcIssuerUrl;
  if (new URL(url).protocol !== "https:")
    throw new Error(`--oidc-issuer-url: must use https, got ${JSON.stringify(url)}`);
  if (config.oidcClientId === "") throw new Error("--oidc-client-id must be specified with --oidc-issuer-url");
  return {
    url,
    discoveryUrl: undefined,
    ca: config.oidcCaFile ? readFileSync(config.oidcCaFile, "utf8") : undefined,
    audiences: [config.oidcClientId],
    algorithms: config.oidcSigningAlgs,
    mappings: new ClaimMappings({
      username: { claim: config.oidcUsernameClaim, prefix: usernamePrefix(config) },
      groups: config.oidcGroupsClaim ? { claim: config.oidcGroupsClaim, prefix: config.oidcGroupsPrefix } : undefined,
      uid: undefined,
      extra: [],
      claimRules: config.oidcRequiredClaim.map((text) => {
        const [claim = "", ...value] = text.split("=");
        return { claim, requiredValue: value.join("=") };
      }),
      userRules: [],
    }),
  };
}

/** Names of different issuers must not mix; only addresses are one's own anyway. `-` asks for no prefix. */
function usernamePrefix({ oidcUsernamePrefix, oidcUsernameClaim, oidcIssuerUrl }: AuthenticationConfig): string {
  if (oidcUsernamePrefix === "-") return "";
  if (oidcUsernamePrefix !== "") return oidcUsernamePrefix;
  return oidcUsernameClaim === "email" ? "" : `${oidcIssuerUrl}#`;
}
