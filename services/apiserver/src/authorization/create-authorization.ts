import type { Logger } from "@drydock/component";
import type { Registry as Metrics } from "prom-client";
import { endpointInCluster, endpointOfKubeconfig } from "../outbound/webhook.ts";
import type { Registry } from "../registry/registry.ts";
import { createReloadMetrics } from "../tls/reload-metrics.ts";
import type { AuthorizationConfig } from "./authorization-flags.ts";
import { type Authorizer, AuthorizerChain } from "./authorizer.ts";
import { NodeAuthorizer } from "./node-authorizer.ts";
import { RbacAuthorizer } from "./rbac/rbac-authorizer.ts";
import type { ConfiguredAuthorizer } from "./webhook/authorization-config.ts";
import { openAuthorizers } from "./webhook/authorizers-file.ts";
import { MatchConditions } from "./webhook/match-conditions.ts";
import { WebhookAuthorizer, type WebhookAuthorizerOptions } from "./webhook/webhook-authorizer.ts";

const WEBHOOK_TIMEOUT_MS = 30_000;

export interface Authorization {
  readonly authorizer: Authorizer;
  readonly rbac: RbacAuthorizer;
  /** Why RBAC's rules are not all there are; empty when they are. */
  readonly unlistedRules: string;
  stop(): void;
}

export interface AuthorizationParts {
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Which of several servers this is, in metrics. */
  readonly serverId: string;
}

/** The authorizers that the flags ask for, as one. A file that names them is read again when it changes. */
export async function createAuthorization(
  config: AuthorizationConfig,
  registry: Registry,
  { logger, metrics, serverId }: AuthorizationParts,
): Promise<Authorization> {
  const rbac = new RbacAuthorizer(registry);
  const path = config.authorizationConfig;
  const file = path
    ? await openAuthorizers(path, (entry) => configured(entry, registry, rbac), {
        logger,
        metrics: createReloadMetrics(metrics, "authorization", serverId),
      })
    : undefined;
  const ofFlags = file ? [] : config.authorizationMode.map((mode) => ofMode(mode, config, registry, rbac));
  const authorizers = () => file?.current ?? ofFlags;
  return {
    authorizer: new AuthorizerChain(authorizers),
    rbac,
    get unlistedRules() {
      const hasWebhook = authorizers().some((authorizer) => authorizer instanceof WebhookAuthorizer);
      return hasWebhook ? "webhook authorizer does not support user rule resolution" : "";
    },
    stop: () => file?.stop(),
  };
}

function ofMode(mode: string, config: AuthorizationConfig, registry: Registry, rbac: RbacAuthorizer): Authorizer {
  return mode === "Webhook" ? webhookOfFlags(config) : simple(mode, registry, rbac, "--authorization-mode");
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
  /** Undefined for the cluster that the server runs in. */
  readonly kubeconfig: string | undefined;
  readonly timeoutMs: number;
  readonly matchConditions: readonly string[];
}

function webhook({ kubeconfig, timeoutMs, matchConditions, ...rest }: WebhookSettings): WebhookAuthorizer {
  const endpoint =
    kubeconfig === undefined ? endpointInCluster(timeoutMs) : endpointOfKubeconfig(kubeconfig, timeoutMs);
  return new WebhookAuthorizer({ ...rest, endpoint, conditions: new MatchConditions(matchConditions) });
}

function configured(entry: ConfiguredAuthorizer, registry: Registry, rbac: RbacAuthorizer): Authorizer {
  if (entry.type !== "Webhook") return simple(entry.type, registry, rbac, "authorizers");
  return webhook({
    ...entry.webhook,
    name: entry.name,
    kubeconfig: entry.webhook.kubeConfigFile,
    version: entry.webhook.subjectAccessReviewVersion,
  });
}
