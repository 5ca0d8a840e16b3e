import type { Logger } from "@drydock/component";
import { PolicyStatusController } from "./admission/policies/type-check/policy-status-controller.ts";
import { CustomResourceController } from "./custom-resources/controller/custom-resource-controller.ts";
import { createConverter } from "./custom-resources/conversion/convert-by-webhook.ts";
import type { Registry } from "./registry/registry.ts";
import type { WebhookClient } from "./webhook-client/webhook-client.ts";

/** What the server itself does about objects that concern how it serves: custom kinds, and the statuses of policies. */
export class OwnControllers {
  readonly #customResources: CustomResourceController;
  readonly #policyStatus: PolicyStatusController;

  constructor(registry: Registry, webhooks: WebhookClient, logger: Logger) {
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
  }

  stop(): void {
    this.#policyStatus.stop();
    this.#customResources.stop();
  }
}
