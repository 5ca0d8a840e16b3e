import type { Logger } from "@drydock/component";
import { PolicyStatusController } from "./admission/policies/type-check/policy-status-controller.ts";
import type { ServiceAccountTokens } from "./authentication/service-account-tokens.ts";
import { CustomResourceController } from "./custom-resources/controller/custom-resource-controller.ts";
import { createConverter } from "./custom-resources/conversion/convert-by-webhook.ts";
import { LegacyTokenController } from "./legacy-tokens/legacy-token-controller.ts";
import type { Registry } from "./registry/registry.ts";
import type { WebhookClient } from "./webhook-client/webhook-client.ts";

/** What the server itself does about objects that concern how it serves: custom kinds, the statuses of policies, tokens in Secrets. */
export class OwnControllers {
  readonly #customResources: CustomResourceController;
  readonly #policyStatus: PolicyStatusController;

  readonly #legacyTokens: LegacyTokenController;

  constructor(registry: Registry, webhooks: WebhookClient, tokens: ServiceAccountTokens, logger: Logger) {
    this.#legacyTokens = new LegacyTokenController(registry, tokens, logger);
    this.#customResources = new CustomResourceController(registry, createConverter(webhooks), logger);
    this.#policyStatus = new PolicyStatusController(registry, logger);
  }

  /** All kinds that were established when the server started are served. */
  get isReady(): boolean {
    return this.#customResources.isReady;
  }

  async start(): Promise<void> {
    await this.#customResources.start();
    this.#policyStatus.start();
    this.#legacyTokens.start();
  }

  stop(): void {
    this.#policyStatus.stop();
    this.#legacyTokens.stop();
    this.#customResources.stop();
  }
}
