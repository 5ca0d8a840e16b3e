import type { Logger } from "@drydock/component";
import type { Registry as MetricsRegistry } from "prom-client";
import type { Authorizer } from "../authorization/authorizer.ts";
import type { RbacAuthorizer } from "../authorization/rbac/rbac-authorizer.ts";
import type { Registry } from "../registry/registry.ts";
import type { WebhookClient } from "../webhook-client/webhook-client.ts";
import { type CredentialsOf, webhookCredentials } from "../webhook-client/webhook-credentials.ts";
import { Admission } from "./admission.ts";
import type { PluginConfigurations } from "./admission-config.ts";
import { certificateSigners } from "./certificate-signers.ts";
import { certificateSubjectRestriction } from "./certificate-subject.ts";
import { claimResize } from "./claim-resize.ts";
import { defaultIngressClass } from "./default-ingress-class.ts";
import { defaultStorageClass } from "./default-storage-class.ts";
import { defaultTolerationSeconds } from "./default-toleration-seconds.ts";
import { limitRanger } from "./limit-ranger/limit-ranger.ts";
import { namespaceLifecycle } from "./namespace-lifecycle.ts";
import { nodeRestriction } from "./node-restriction/node-restriction.ts";
import { podSecurity } from "./pod-security/pod-security.ts";
import { parsePodSecurityConfig } from "./pod-security/pod-security-config.ts";
import { mutatingPolicies } from "./policies/mutating/mutating-policies.ts";
import { createFigures } from "./policies/policy-figures.ts";
import { validatingPolicies } from "./policies/validating/validating-policies.ts";
import { priority } from "./priority.ts";
import { rbacEscalation } from "./rbac-escalation.ts";
import { parseQuotaConfig } from "./resource-quota/quota-config.ts";
import { resourceQuota } from "./resource-quota/resource-quota.ts";
import { runtimeClass } from "./runtime-class.ts";
import { serviceAccount } from "./service-account.ts";
import { storageObjectInUseProtection } from "./storage-object-in-use.ts";
import { taintNewNodes } from "./taint-new-nodes.ts";
import { mutatingWebhooks } from "./webhooks/mutating-webhooks.ts";
import { validatingWebhooks } from "./webhooks/validating-webhooks.ts";
import { WebhookMetrics } from "./webhooks/webhook-metrics.ts";
import type { WebhookPorts } from "./webhooks/webhook-ports.ts";

export interface AdmissionOptions {
  readonly registry: Registry;
  readonly rbac: RbacAuthorizer;
  readonly authorizer: Authorizer;
  readonly webhookClient: WebhookClient;
  readonly metrics: MetricsRegistry;
  readonly logger: Pick<Logger, "warn">;
  readonly configurations: PluginConfigurations;
}

/** In upstream's order: what refuses cheaply first, what fills in before what checks. */
export function createAdmission(options: AdmissionOptions): Admission {
  const { registry, rbac, authorizer, webhookClient, metrics, logger, configurations } = options;
  const figures = createFigures(metrics);
  const webhookMetrics = new WebhookMetrics(metrics);
  const webhooks = (plugin: string): WebhookPorts => ({
    registry,
    authorizer,
    post: postAs(webhookClient, webhookCredentials(plugin, configurations.get(plugin))),
    metrics: webhookMetrics,
    conditionMetrics: figures.conditions,
    clock: registry.ports.clock,
    logger,
  });
  return new Admission([
    namespaceLifecycle(registry),
    nodeRestriction(registry),
    limitRanger(registry),
    serviceAccount(registry),
    taintNewNodes,
    podSecurity(registry, parsePodSecurityConfig(configurations.get("PodSecurity"))),
    priority(registry),
    defaultTolerationSeconds(),
    defaultStorageClass(registry),
    storageObjectInUseProtection,
    claimResize(registry),
    runtimeClass(registry),
    certificateSigners(authorizer),
    certificateSubjectRestriction,
    defaultIngressClass(registry),
    rbacEscalation(registry, rbac, authorizer),
    mutatingPolicies(registry, authorizer, figures),
    mutatingWebhooks(webhooks("MutatingAdmissionWebhook")),
    validatingPolicies(registry, authorizer, figures),
    validatingWebhooks(webhooks("ValidatingAdmissionWebhook")),
    resourceQuota(registry, parseQuotaConfig(configurations.get("ResourceQuota"))),
  ]);
}

function postAs(client: WebhookClient, credentialsOf: CredentialsOf): WebhookPorts["post"] {
  return (config, body, call) => client.call(config, body, { ...call, credentialsOf });
}
