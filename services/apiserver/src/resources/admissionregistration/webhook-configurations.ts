import type { V1MutatingWebhookConfiguration, V1ValidatingWebhookConfiguration } from "@drydock/kube-api";
import { column, defineKind } from "../meta/define-kind.ts";
import { setWebhookDefaults, validateWebhooks } from "./webhook-rules.ts";

export const mutatingWebhookConfiguration = defineKind<V1MutatingWebhookConfiguration>({
  group: "admissionregistration.k8s.io",
  kind: "MutatingWebhookConfiguration",
  resource: "mutatingwebhookconfigurations",
  categories: ["api-extensions"],
  isNamespaced: false,
  schema: "io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration",
  strategy: {
    generationOf: ({ webhooks }) => webhooks ?? [],
    setDefaults({ webhooks }) {
      for (const hook of webhooks ?? []) {
        setWebhookDefaults(hook);
        hook.reinvocationPolicy ??= "Never";
      }
    },
    validate: ({ webhooks }) => validateWebhooks(webhooks),
    validateUpdate: ({ webhooks }) => validateWebhooks(webhooks),
  },
  columns: [column("Webhooks", ({ webhooks }) => webhooks?.length ?? 0, { type: "integer" })],
});

export const validatingWebhookConfiguration = defineKind<V1ValidatingWebhookConfiguration>({
  group: "admissionregistration.k8s.io",
  kind: "ValidatingWebhookConfiguration",
  resource: "validatingwebhookconfigurations",
  categories: ["api-extensions"],
  isNamespaced: false,
  schema: "io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration",
  strategy: {
    generationOf: ({ webhooks }) => webhooks ?? [],
    setDefaults({ webhooks }) {
      for (const hook of webhooks ?? []) setWebhookDefaults(hook);
    },
    validate: ({ webhooks }) => validateWebhooks(webhooks),
    validateUpdate: ({ webhooks }) => validateWebhooks(webhooks),
  },
  columns: [column("Webhooks", ({ webhooks }) => webhooks?.length ?? 0, { type: "integer" })],
});
