import { MAX_SCORE, type ScorePlugin } from "../framework/types.ts";
import { usedFractions } from "./node-resources-fit.ts";

/** Prefers nodes whose cpu and memory would be used alike. */
export const balancedAllocation = {
  name: "NodeResourcesBalancedAllocation",
  score(pod, node) {
    const fractions = usedFractions(pod, node).map((fraction) => Math.min(1, fraction));
    if (fractions.length < 2) return MAX_SCORE;
    const mean = fractions.reduce((sum, value) => sum + value, 0) / fractions.length;
    const deviation = Math.sqrt(fractions.reduce((sum, value) => sum + (value - mean) ** 2, 0) / fractions.length);
    return (1 - deviation) * MAX_SCORE;
  },
} satisfies ScorePlugin;
