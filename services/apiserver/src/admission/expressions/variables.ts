import { type Bindings, type CelType, EvaluationError, LazyObject, type ObjectType, type Value } from "@drydock/cel";
import type { V1Variable } from "@drydock/kube-api";
import type { Scope } from "./environment.ts";
import { type CostBudget, compileExpression, type Expression } from "./expression.ts";

const TYPE_NAME = "kubernetes.variables";

/** The composed variables of a policy, each of which may refer to those before it. */
export interface Variables {
  readonly type: CelType;
  readonly expressions: ReadonlyMap<string, Expression>;
}

export function compileVariables(variables: readonly V1Variable[] | undefined, scope: Scope): Variables {
  const types = new Map<string, CelType>();
  const expressions = new Map<string, Expression>();
  for (const { name, expression } of variables ?? []) {
    // Those after it are not known to it, and it is not known to itself.
    const compiled = compileExpression(expression, { ...scope, variables: typeOf(new Map(types)) });
    types.set(name, compiled.program?.type ?? { kind: "simple", name: "dyn" });
    expressions.set(name, compiled);
  }
  return { type: typeOf(types), expressions };
}

function typeOf(types: ReadonlyMap<string, CelType>): ObjectType {
  return { kind: "object", name: TYPE_NAME, field: (name) => types.get(name) };
}

/** `variables`: each is computed when it is first asked for, and what that costs counts. */
export function bindVariables({ expressions }: Variables, bindings: Bindings, budget: CostBudget): Value {
  const complete: Record<string, Value> = { ...bindings };
  const computed = [...expressions].map(
    ([name, expression]) => [name, () => compute(name, expression, complete, budget)] as const,
  );
  const value = new LazyObject(TYPE_NAME, new Map(computed));
  complete["variables"] = value;
  return value;
}

function compute(name: string, { program, error }: Expression, bindings: Bindings, budget: CostBudget): Value {
  const quoted = JSON.stringify(name);
  if (!program) throw new EvaluationError(`composited variable ${quoted} fails to compile: ${error}`);
  const result = program.evaluateWithin(bindings);
  budget.spend(result.cost);
  if (result.ok) return result.value;
  throw new EvaluationError(`composited variable ${quoted} fails to evaluate: ${result.error}`);
}
