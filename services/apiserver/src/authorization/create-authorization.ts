import { readFileSync } from "node:fs";
import { endpointOfKubeconfig } from "../outbound/webhook.ts";
import type { Registry } from "../registry/registry.ts";
import type { AuthorizationConfig } from "./authorization-flags.ts";
import { type Authorizer, AuthorizerChain } from "./authorizer.ts";
import { NodeAuthorizer } from "./node-authorizer.ts";
import { RbacAuthorizer } from "./rbac/rbac-authorizer.ts";
import { parseAuthorizers } from "./webhook/authorization-config.ts";
import { MatchConditions } from "./webhook/match-conditions.ts";
import { WebhookAuthorizer, type WebhookAuthorizerOptions } from "./webhook/webhook-authorizer.ts";

const WEBHOOK_TIMEOUT_MS = 30_000;

export interface Authorization {
  readonly authorizer: Authorizer;
  readonly rbac: RbacAuthorizer;
  /** Why RBAC's rules are not all there are; empty when they are. */
  readonly unlistedRules: string;
}

/** The authorizers that the flags ask for, as one. */
export function createAuthorization(config: AuthorizationConfig, registry: Registry): Authorization {
  const rbac = new RbacAuthorizer(registry);
  const authorizers = config.authorizationConfig
    ? fromFile(config.authorizationConfig, registry, rbac)
    : config.authorizationMode.map((mode) =>
        mode === "Webhook" ? webhookOfFlags(config) : simple(mode, registry, rbac, "--authorization-mode"),
      );
  const hasWebhook = authorizers.some((authorizer) => authorizer instanceof WebhookAuthorizer);
  return {
    authorizer: new AuthorizerChain(authorizers),
    rbac,
    unlistedRules: hasWebhook ? "webhook authorizer does not support user rule resolution" : "",
  };
}

function simple(mode: string, registry: Registry, rbac: RbacAuthorizer, where: string): Authorizer {
  const known: Readonly<Record<string, () => Authorizer>> = {
    Node: () => new NodeAuthorizer(registry),
    RBAC: () => rbac,
    AlwaysAllow: () => ({ name: "AlwaysAllow", authorize: () => ({ verdict: "allow", reason: "" }) }),
    AlwaysDeny: () => ({
      name: "AlwaysDeny",
      authorize: () => ({ verdict: "no-opinion", reason: "Everything is forbidden." }),
    }),
  };
  const make = known[mode];
  if (!make) throw new Error(`${where}: ${mode} is not one of ${[...Object.keys(known), "Webhook"].join(", ")}`);
  return make();
}

function webhookOfFlags(config: AuthorizationConfig): WebhookAuthorizer {
  const file = config.authorizationWebhookConfigFile;
  if (!file)
    throw new Error(
      "authorization-mode Webhook's authorization config file not passed: --authorization-webhook-config-file",
    );
  return webhook({
    name: "default",
    kubeconfig: file,
    timeoutMs: WEBHOOK_TIMEOUT_MS,
    version: config.authorizationWebhookVersion,
    authorizedTtlMs: config.authorizationWebhookCacheAuthorizedTtl,
    unauthorizedTtlMs: config.authorizationWebhookCacheUnauthorizedTtl,
    onFailure: "no-opinion",
    matchConditions: [],
  });
}

interface WebhookSettings extends Omit<WebhookAuthorizerOptions, "endpoint" | "conditions"> {
  readonly kubeconfig: string;
  readonly timeoutMs: number;
  readonly matchConditions: readonly string[];
}

function webhook({ kubeconfig, timeoutMs, matchConditions, ...rest }: WebhookSettings): WebhookAuthorizer {
  const endpoint = endpointOfKubeconfig(kubeconfig, timeoutMs);
  return new WebhookAuthorizer({ ...rest, endpoint, conditions: new MatchConditions(matchConditions) });
}

function fromFile(path: string, registry: Registry, rbac: RbacAuthorizer): Authorizer[] {
  try {
    return parseAuthorizers(readFileSync(path, "utf8")).map((entry) =>
      entry.type === "Webhook"
        ? webhook({
            ...entry.webhook,
            name: entry.name,
            kubeconfig: entry.webhook.kubeConfigFile,
            version: entry.webhook.subjectAccessReviewVersion,
          })
        : simple(entry.type, registry, rbac, "authorizers"),
    );
  } catch (cause) {
    throw new Error(`--authorization-config: ${path}: ${(cause as Error).message}`, { cause });
  }
}
