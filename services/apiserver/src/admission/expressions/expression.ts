import { type Bindings, type CelEnvironment, compileCel, type Program, type Value } from "@drydock/cel";

/** An expression that is compiled when it is first needed, for as long as its object stays the same. */
export interface Expression {
  readonly text: string;
  readonly program: Program | undefined;
  /** The compiler's report when there is no program. */
  readonly error: string;
}

export function compileExpression(text: string, environment: CelEnvironment): Expression {
  const compiled = compileCel(text.trim(), environment);
  return compiled.ok
    ? { text, program: compiled.program, error: "" }
    : { text, program: undefined, error: `compilation failed: ${compiled.error}` };
}

/** A value, or why there is none. */
export type Evaluation = { readonly value: Value } | { readonly error: string };

/** All expressions that are run for one policy or webhook, and one request, share what they may cost. Not an error of one expression. */
export class OutOfBudget extends Error {
  constructor() {
    super("validation failed due to running out of cost budget, no further validation rules will be run");
  }
}

export class CostBudget {
  #left: number;

  constructor(limit: number) {
    this.#left = limit;
  }

  spend(cost: number): void {
    this.#left -= cost;
    if (this.#left < 0) throw new OutOfBudget();
  }
}

/** Throws OutOfBudget; everything else that may go wrong is told. */
export async function evaluate(expression: Expression, bindings: Bindings, budget: CostBudget): Promise<Evaluation> {
  if (!expression.program) return { error: `compilation error: ${expression.error}` };
  const result = await expression.program.evaluateAsync(bindings);
  budget.spend(result.cost);
  if (result.ok) return { value: result.value };
  return { error: `expression '${expression.text}' resulted in error: ${result.error}` };
}
