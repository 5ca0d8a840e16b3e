import type { Exchange } from "../http/exchange.ts";
import { respondRaw } from "../http/respond.ts";
import type { PathHandler } from "../http/route.ts";
import type { ServiceAccountTokens } from "./service-account-tokens.ts";

const CONFIGURATION = "/.well-known/openid-configuration";
const KEYS = "/openid/v1/jwks";

/** Lets others check the tokens of service accounts as those of an OIDC issuer (KEP-1393). */
export function createIssuerDiscovery(tokens: ServiceAccountTokens, jwksUri: string): PathHandler {
  const keys = tokens.publicKeys().map(({ id, algorithm, key }) => {
    const { kty, ...parameters } = key.export({ format: "jwk" });
    return { use: "sig", kty, kid: id, alg: algorithm, ...parameters };
  });
  const configuration = {
    issuer: tokens.issuer,
    jwks_uri: jwksUri,
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: [...new Set(keys.map(({ alg }) => alg))].sort(),
  };
  return {
    handles: (path) => path === CONFIGURATION || path === KEYS,
    async serve(exchange) {
      if (exchange.path === CONFIGURATION) answer(exchange, "application/json", configuration);
      else answer(exchange, "application/jwk-set+json", { keys });
    },
  };
}

function answer(exchange: Exchange, contentType: string, document: object): void {
  respondRaw(exchange, 200, contentType, Buffer.from(JSON.stringify(document)), "public, max-age=3600");
}
