import { readFile } from "node:fs/promises";
import type { Logger } from "@drydock/component";
import type { ExtensionAuthentication } from "../bootstrap/extension-authentication.ts";
import { endpointOfKubeconfig } from "../outbound/webhook.ts";
import type { Registry } from "../registry/registry.ts";
import type { Changing } from "../tls/serving-tls.ts";
import { WatchedFile } from "../tls/watched-file.ts";
import { type AuthenticationFile, parseAuthenticationFile } from "./authentication-file.ts";
import type { AuthenticationConfig } from "./authentication-flags.ts";
import { Authenticator } from "./authenticator.ts";
import { bootstrapTokens } from "./bootstrap-tokens.ts";
import { CertificateTrust } from "./certificate-trust.ts";
import { issuerOfFlags } from "./jwt/issuer-of-flags.ts";
import type { JwtIssuer } from "./jwt/jwt-issuer.ts";
import { jwtTokens } from "./jwt/jwt-tokens.ts";
import type { FrontProxy } from "./request-header.ts";
import { ServiceAccountTokens } from "./service-account-tokens.ts";
import { staticTokens } from "./static-tokens.ts";
import { type TokenAuthenticator, TokenAuthenticators } from "./token-authenticator.ts";
import { webhookTokens } from "./webhook-tokens.ts";

const WEBHOOK_TIMEOUT_MS = 30_000;

export interface Authentication {
  readonly authenticator: Authenticator;
  readonly tokens: ServiceAccountTokens;
  /** Whose certificates are asked for by REST, in PEM: those of clients and of proxies. */
  readonly acceptedAuthorities: Changing<Buffer>;
  /** Those of clients alone. */
  readonly clientAuthorities: Changing<Buffer>;
  /** What servers behind this one are told. */
  forExtensions(): ExtensionAuthentication;
  stop(): void;
}

interface AuthorityFile {
  readonly pem: Buffer;
  readonly trust: CertificateTrust;
}

/** All the ways to say who one is that the flags ask for. */
export async function createAuthentication(
  config: AuthenticationConfig,
  registry: Registry,
  logger: Logger,
): Promise<Authentication> {
  const clientAuthorities = await openAuthorities(config.clientCaFile, logger);
  const proxyAuthorities = config.requestheaderClientCaFile
    ? await openAuthorities(config.requestheaderClientCaFile, logger)
    : undefined;
  const apiAudiences = config.apiAudiences.length > 0 ? config.apiAudiences : config.serviceAccountIssuer.slice(0, 1);
  const file = await readFileOfFlag(config);
  const issuers = config.oidcIssuerUrl ? [issuerOfFlags(config)] : (file?.issuers ?? []);
  const tokens = await createTokens(config, apiAudiences, registry);
  const frontProxy = proxyAuthorities && frontProxyOf(config, proxyAuthorities);
  const authenticator = new Authenticator({
    clientTrust: () => clientAuthorities.current.trust,
    frontProxy,
    tokens: new TokenAuthenticators([tokens, ...(await otherTokens(config, apiAudiences, registry, issuers))]),
    apiAudiences,
    allowsAnonymous: file?.allowsAnonymous ?? (() => config.anonymousAuth),
  });
  const files = proxyAuthorities ? [clientAuthorities, proxyAuthorities] : [clientAuthorities];
  return {
    authenticator,
    tokens,
    acceptedAuthorities: pemOf(files),
    clientAuthorities: pemOf([clientAuthorities]),
    forExtensions: () => ({
      clientCaPem: clientAuthorities.current.pem.toString(),
      proxy: frontProxy && proxyAuthorities && { ...frontProxy, caPem: proxyAuthorities.current.pem.toString() },
    }),
    stop() {
      for (const file of files) file.stop();
    },
  };
}

function pemOf(files: readonly WatchedFile<AuthorityFile>[]): Changing<Buffer> {
  return {
    current: () => Buffer.concat(files.flatMap(({ current }) => [current.pem, Buffer.from("\n")])),
    onChange(listener) {
      for (const file of files) file.onChange(listener);
    },
  };
}

function readFileOfFlag(config: AuthenticationConfig): Promise<AuthenticationFile | undefined> {
  const path = config.authenticationConfig;
  if (path && config.oidcIssuerUrl)
    throw new Error("authentication-config file and oidc-* flags are mutually exclusive");
  return path
    ? readNamed("authentication-config", path).then((text) => parsedFile(path, text))
    : Promise.resolve(undefined);
}

function parsedFile(path: string, text: string): AuthenticationFile {
  try {
    return parseAuthenticationFile(text);
  } catch (cause) {
    throw new Error(`--authentication-config: ${path}: ${(cause as Error).message}`, { cause });
  }
}

/** In upstream's order, save that those of service accounts come before. */
async function otherTokens(
  config: AuthenticationConfig,
  apiAudiences: readonly string[],
  registry: Registry,
  issuers: readonly JwtIssuer[],
): Promise<TokenAuthenticator[]> {
  const all: TokenAuthenticator[] = [];
  if (config.tokenAuthFile)
    all.push(staticTokens(await readNamed("token-auth-file", config.tokenAuthFile), apiAudiences));
  if (config.enableBootstrapTokenAuth) all.push(bootstrapTokens(registry, apiAudiences));
  all.push(...issuers.map((issuer) => jwtTokens(issuer, apiAudiences)));
  if (config.authenticationTokenWebhookConfigFile)
    all.push(
      webhookTokens({
        endpoint: endpointOfKubeconfig(config.authenticationTokenWebhookConfigFile, WEBHOOK_TIMEOUT_MS),
        version: config.authenticationTokenWebhookVersion,
        cacheTtlMs: config.authenticationTokenWebhookCacheTtl,
        apiAudiences,
      }),
    );
  return all;
}

async function createTokens(config: AuthenticationConfig, audiences: readonly string[], registry: Registry) {
  const keys = {
    issuers: config.serviceAccountIssuer,
    publicPems: await Promise.all(
      config.serviceAccountKeyFile.map((path) => readNamed("service-account-key-file", path)),
    ),
    privatePem: await readNamed("service-account-signing-key-file", config.serviceAccountSigningKeyFile),
    audiences,
    maxSeconds: Math.floor(config.serviceAccountMaxTokenExpiration / 1000),
    extendsExpiration: config.serviceAccountExtendTokenExpiration,
  };
  return new ServiceAccountTokens(keys, registry);
}

function frontProxyOf(config: AuthenticationConfig, authorities: WatchedFile<AuthorityFile>): FrontProxy {
  return {
    trust: () => authorities.current.trust,
    allowedNames: config.requestheaderAllowedNames,
    names: {
      username: config.requestheaderUsernameHeaders,
      uid: config.requestheaderUidHeaders,
      group: config.requestheaderGroupHeaders,
      extraPrefix: config.requestheaderExtraHeadersPrefix,
    },
  };
}

function openAuthorities(path: string, logger: Logger): Promise<WatchedFile<AuthorityFile>> {
  return WatchedFile.open(path, (pem) => ({ pem, trust: new CertificateTrust(pem) }), logger);
}

async function readNamed(flag: string, path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new Error(`--${flag}: ${(cause as Error).message}`, { cause });
  }
}
