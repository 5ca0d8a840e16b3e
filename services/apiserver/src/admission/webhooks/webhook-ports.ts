import type { Clock } from "@drydock/base";
import type { Logger } from "@drydock/component";
import type { Authorizer } from "../../authorization/authorizer.ts";
import type { Registry } from "../../registry/registry.ts";
import type { ConditionMetrics } from "../expressions/condition-metrics.ts";
import type { PostReview } from "./hook-caller.ts";
import type { WebhookMetrics } from "./webhook-metrics.ts";

/** What both kinds of webhooks need from outside. */
export interface WebhookPorts {
  readonly registry: Registry;
  readonly authorizer: Authorizer;
  readonly post: PostReview;
  readonly metrics: WebhookMetrics;
  readonly conditionMetrics: ConditionMetrics;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "warn">;
}
