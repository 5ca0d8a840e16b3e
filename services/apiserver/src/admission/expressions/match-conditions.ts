import type { Bindings } from "@drydock/cel";
import type { V1MatchCondition } from "@drydock/kube-api";
import type { Scope } from "./environment.ts";
import { bool, CostBudget, compileExpression, type Expression, evaluate, OutOfBudget } from "./expression.ts";

/** Upstream's RuntimeCELCostBudgetMatchConditions. */
const COST_LIMIT = 2_500_000;

export function compileConditions(conditions: readonly V1MatchCondition[] | undefined, scope: Scope): Expression[] {
  return (conditions ?? []).map(({ expression }) => compileExpression(expression, scope, bool));
}

export type ConditionVerdict =
  | { readonly kind: "matches" }
  | { readonly kind: "excluded" }
  /** Some condition could not be judged, and none excludes. */
  | { readonly kind: "failed"; readonly error: string };

/** One condition that is false excludes, whatever errors the others have. */
export async function judgeConditions(
  conditions: readonly Expression[],
  bindings: Bindings,
  observe: (errors: number, seconds: number) => void = () => {},
): Promise<ConditionVerdict> {
  if (conditions.length === 0) return { kind: "matches" };
  const began = performance.now();
  const errors: string[] = [];
  const verdict = await judgeEach(conditions, bindings, errors);
  observe(errors.length, (performance.now() - began) / 1000);
  return verdict;
}

async function judgeEach(
  conditions: readonly Expression[],
  bindings: Bindings,
  errors: string[],
): Promise<ConditionVerdict> {
  const budget = new CostBudget(COST_LIMIT);
  for (const condition of conditions) {
    try {
      const result = await evaluate(condition, bindings, budget);
      if ("error" in result) errors.push(result.error);
      else if (result.value === false) return { kind: "excluded" };
    } catch (error) {
      if (!(error instanceof OutOfBudget)) throw error;
      return { kind: "failed", error: error.message };
    }
  }
  return errors.length === 0 ? { kind: "matches" } : { kind: "failed", error: aggregate(errors) };
}

/** Go's text of several errors. */
function aggregate(errors: readonly string[]): string {
  const distinct = [...new Set(errors)];
  return distinct.length === 1 ? (distinct[0] as string) : `[${distinct.join(", ")}]`;
}
