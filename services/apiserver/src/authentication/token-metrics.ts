import { Counter, type Registry } from "prom-client";

/** How tokens of service accounts are used. */
export interface TokenMetrics {
  readonly stale: Pick<Counter, "inc">;
  readonly valid: Pick<Counter, "inc">;
}

export function createTokenMetrics(metrics: Registry): TokenMetrics {
  const counter = (name: string, help: string) => new Counter({ name, help, registers: [metrics] });
  return {
    stale: counter("serviceaccount_stale_tokens_total", "Cumulative stale projected service account tokens used"),
    valid: counter("serviceaccount_valid_tokens_total", "Cumulative valid projected service account tokens used"),
  };
}
