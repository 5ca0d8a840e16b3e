import { Counter, type Registry } from "prom-client";

const NAMES = {
  stale: ["stale_tokens_total", "Cumulative stale projected service account tokens used"],
  valid: ["valid_tokens_total", "Cumulative valid projected service account tokens used"],
  legacy: ["legacy_tokens_total", "Cumulative legacy service account tokens used"],
  automaticLegacy: ["legacy_auto_token_uses_total", "Cumulative auto-generated legacy tokens used"],
  manualLegacy: ["legacy_manual_token_uses_total", "Cumulative manually created legacy tokens used"],
  invalidLegacy: ["invalid_legacy_auto_token_uses_total", "Cumulative invalid auto-generated legacy tokens used"],
} as const;

/** How tokens of service accounts are used. */
export type TokenMetrics = Readonly<Record<keyof typeof NAMES, Pick<Counter, "inc">>>;

export function createTokenMetrics(metrics: Registry): TokenMetrics {
  const counters = Object.entries(NAMES).map(([key, [name, help]]) => [
    key,
    new Counter({ name: `serviceaccount_${name}`, help, registers: [metrics] }),
  ]);
  return Object.fromEntries(counters) as TokenMetrics;
}
