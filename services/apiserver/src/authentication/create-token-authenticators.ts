import { readFile } from "node:fs/promises";
import type { V1Secret } from "@drydock/kube-api";
import { noteLastUse } from "../legacy-tokens/legacy-token-controller.ts";
import { endpointOfKubeconfig } from "../outbound/webhook.ts";
import type { Registry } from "../registry/registry.ts";
import { createReloadMetrics } from "../tls/reload-metrics.ts";
import type { AuthenticationConfig } from "./authentication-flags.ts";
import { bootstrapTokens } from "./bootstrap-tokens.ts";
import { type ConfiguredIssuers, issuersOfFlags, openIssuers } from "./configured-issuers.ts";
import type { AuthenticationParts } from "./create-authentication.ts";
import { issuerOfFlags } from "./jwt/issuer-of-flags.ts";
import { legacyTokens } from "./legacy-tokens.ts";
import { ServiceAccountTokens } from "./service-account-tokens.ts";
import { staticTokens } from "./static-tokens.ts";
import { type TokenAuthenticator, TokenAuthenticators } from "./token-authenticator.ts";
import { createTokenMetrics, type TokenMetrics } from "./token-metrics.ts";
import { webhookTokens } from "./webhook-tokens.ts";

const WEBHOOK_TIMEOUT_MS = 30_000;

interface BearerTokens {
  readonly all: TokenAuthenticators;
  readonly serviceAccounts: ServiceAccountTokens;
  readonly issuers: ConfiguredIssuers;
}

/** All who know bearer tokens, in upstream's order. */
export async function createTokenAuthenticators(
  config: AuthenticationConfig,
  apiAudiences: readonly string[],
  parts: AuthenticationParts,
): Promise<BearerTokens> {
  const { registry } = parts;
  const metrics = createTokenMetrics(parts.metrics);
  const serviceAccounts = await createServiceAccountTokens(config, apiAudiences, { registry, metrics });
  const issuers = await createIssuers(config, apiAudiences, parts);
  const before: TokenAuthenticator[] = [];
  if (config.tokenAuthFile)
    before.push(staticTokens(await readNamed("token-auth-file", config.tokenAuthFile), apiAudiences));
  const legacy = { registry, tokens: serviceAccounts, apiAudiences, metrics };
  const onUse = (secret: V1Secret) => void noteLastUse(registry, secret, Date.now());
  before.push(legacyTokens({ ...legacy, onUse }), serviceAccounts);
  if (config.enableBootstrapTokenAuth) before.push(bootstrapTokens(registry, apiAudiences));
  const after = webhooksOf(config, apiAudiences);
  const all = new TokenAuthenticators(() => [...before, ...issuers.tokens, ...after]);
  return { all, serviceAccounts, issuers };
}

function createIssuers(
  config: AuthenticationConfig,
  apiAudiences: readonly string[],
  { logger, metrics, serverId }: AuthenticationParts,
): ConfiguredIssuers | Promise<ConfiguredIssuers> {
  const path = config.authenticationConfig;
  if (path && config.oidcIssuerUrl)
    throw new Error("authentication-config file and oidc-* flags are mutually exclusive");
  if (!path) return issuersOfFlags(config.oidcIssuerUrl ? [issuerOfFlags(config)] : [], apiAudiences);
  return openIssuers(path, apiAudiences, { logger, metrics: createReloadMetrics(metrics, "authentication", serverId) });
}

function webhooksOf(config: AuthenticationConfig, apiAudiences: readonly string[]): TokenAuthenticator[] {
  if (!config.authenticationTokenWebhookConfigFile) return [];
  return [
    webhookTokens({
      endpoint: endpointOfKubeconfig(config.authenticationTokenWebhookConfigFile, WEBHOOK_TIMEOUT_MS),
      version: config.authenticationTokenWebhookVersion,
      cacheTtlMs: config.authenticationTokenWebhookCacheTtl,
      apiAudiences,
    }),
  ];
}

async function createServiceAccountTokens(
  config: AuthenticationConfig,
  audiences: readonly string[],
  { registry, metrics }: { readonly registry: Registry; readonly metrics: TokenMetrics },
): Promise<ServiceAccountTokens> {
  const keys = {
    issuers: config.serviceAccountIssuer,
    publicPems: await Promise.all(
      config.serviceAccountKeyFile.map((path) => readNamed("service-account-key-file", path)),
    ),
    privatePem: await readNamed("service-account-signing-key-file", config.serviceAccountSigningKeyFile),
    audiences,
    maxSeconds: Math.floor(config.serviceAccountMaxTokenExpiration / 1000),
    extendsExpiration: config.serviceAccountExtendTokenExpiration,
    metrics,
  };
  return new ServiceAccountTokens(keys, registry);
}

async function readNamed(flag: string, path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new Error(`--${flag}: ${(cause as Error).message}`, { cause });
  }
}
