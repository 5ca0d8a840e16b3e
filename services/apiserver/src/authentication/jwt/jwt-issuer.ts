import type { ClaimMappings } from "./claim-mappings.ts";
import type { IssuerPlace } from "./issuer-keys.ts";

/** An issuer whose tokens are taken, as `--oidc-*` or a file says. */
export interface JwtIssuer extends IssuerPlace {
  readonly audiences: readonly string[];
  readonly algorithms: readonly string[];
  readonly mappings: ClaimMappings;
}
