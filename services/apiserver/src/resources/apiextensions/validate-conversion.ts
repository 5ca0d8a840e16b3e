import { type FieldPath, fieldErrors } from "@drydock/apimachinery";
import type { V1CustomResourceConversion } from "@drydock/kube-api";
import { type Finding, requiredOneOf } from "../meta/rules.ts";
import { validateWebhookClient } from "../meta/webhook-client-rules.ts";

const understood = ["v1", "v1beta1"];

export function validateConversion(conversion: V1CustomResourceConversion | undefined, path: FieldPath): Finding {
  if (!conversion) return undefined;
  const { strategy, webhook } = conversion;
  if (strategy !== "Webhook")
    return [
      requiredOneOf(path.child("strategy"), strategy, ["None", "Webhook"]),
      webhook && fieldErrors.forbidden(path.child("webhook"), "should not be set when strategy is not set to Webhook"),
    ];
  const versions = webhook?.conversionReviewVersions ?? [];
  const versionsPath = path.child("webhook", "conversionReviewVersions");
  return [
    webhook?.clientConfig
      ? validateWebhookClient(webhook.clientConfig, path.child("webhook", "clientConfig"))
      : fieldErrors.required(path.child("webhook", "clientConfig"), "required when strategy is set to Webhook"),
    versions.length === 0
      ? fieldErrors.required(versionsPath)
      : !versions.some((version) => understood.includes(version)) &&
        fieldErrors.invalid(versionsPath, versions, `must include at least one of ${understood.join(", ")}`),
  ];
}
