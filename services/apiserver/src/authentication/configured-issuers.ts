import type { Logger } from "@drydock/component";
import type { ReloadMetrics } from "../tls/reload-metrics.ts";
import { WatchedFile } from "../tls/watched-file.ts";
import { parseAuthenticationFile } from "./authentication-file.ts";
import type { JwtIssuer } from "./jwt/jwt-issuer.ts";
import { jwtTokens } from "./jwt/jwt-tokens.ts";
import type { TokenAuthenticator } from "./token-authenticator.ts";

/** Who vouches for JWTs, and whom nobody needs to vouch for. */
export interface ConfiguredIssuers {
  readonly tokens: readonly TokenAuthenticator[];
  /** Undefined when the flag decides. */
  readonly allowsAnonymous: ((path: string) => boolean) | undefined;
  stop(): void;
}

/** The issuers that flags name. */
export function issuersOfFlags(issuers: readonly JwtIssuer[], apiAudiences: readonly string[]): ConfiguredIssuers {
  return {
    tokens: issuers.map((issuer) => jwtTokens(issuer, apiAudiences)),
    allowsAnonymous: undefined,
    stop() {},
  };
}

/** Those of an AuthenticationConfiguration, as the file says now; what it says of anonymous requests must stay as it was. */
export async function openIssuers(
  path: string,
  apiAudiences: readonly string[],
  { logger, metrics }: { readonly logger: Logger; readonly metrics: ReloadMetrics },
): Promise<ConfiguredIssuers> {
  let anonymous: string | undefined;
  const read = (bytes: Buffer) => {
    const parsed = parseAuthenticationFile(bytes.toString("utf8"));
    anonymous ??= parsed.anonymousText;
    if (anonymous !== parsed.anonymousText)
      throw new Error("anonymous: Forbidden: changed from initial configuration file");
    metrics.loaded(bytes);
    const tokens = parsed.issuers.map((issuer) => jwtTokens(issuer, apiAudiences));
    return { tokens, allowsAnonymous: parsed.allowsAnonymous };
  };
  try {
    const file = await WatchedFile.open(path, read, logger);
    file.onFailure(() => metrics.failed());
    return {
      get tokens() {
        return file.current.tokens;
      },
      allowsAnonymous: file.current.allowsAnonymous,
      stop: () => file.stop(),
    };
  } catch (cause) {
    throw new Error(`--authentication-config: ${path}: ${(cause as Error).message}`, { cause });
  }
}
