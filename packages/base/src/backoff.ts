import type { Prng } from "./prng.ts";

export interface BackoffPolicy {
  readonly initialMs: number;
  readonly maxMs: number;
  /** Growth of each step; 2 doubles. */
  readonly factor: number;
  /** 0.1 spreads each delay over ±10 %. */
  readonly jitter: number;
}

/** The delay before attempt `attempt` (0 for the first retry). */
export function backoffDelayMs(policy: BackoffPolicy, attempt: number, prng: Prng): number {
  const base = Math.min(policy.maxMs, policy.initialMs * policy.factor ** attempt);
  return Math.max(0, base * (1 + policy.jitter * (2 * prng.next() - 1)));
}
