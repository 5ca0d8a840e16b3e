import { MAX_SCORE } from "../framework/types.ts";

/** The highest becomes 100, the rest in proportion. */
export function normalizeToMax(scores: Map<string, number>): void {
  const max = Math.max(0, ...scores.values());
  for (const [node, score] of scores) scores.set(node, max === 0 ? 0 : (score * MAX_SCORE) / max);
}

/** The lowest becomes 100; all equal are all 100. */
export function normalizeReversed(scores: Map<string, number>): void {
  const max = Math.max(0, ...scores.values());
  for (const [node, score] of scores) scores.set(node, max === 0 ? MAX_SCORE : MAX_SCORE - (score * MAX_SCORE) / max);
}
