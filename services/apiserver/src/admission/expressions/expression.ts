import { type Bindings, type CelType, compileCel, formatType, type Program, type Value } from "@drydock/cel";
import { environmentOf, type Scope } from "./environment.ts";

/** An expression made ready to be run many times. */
export interface Expression {
  readonly text: string;
  readonly program: Program | undefined;
  /** What the compiler has against it when there is no program, as validation shows it. */
  readonly error: string;
}

/** The types that an expression may yield, in cel-go's names. No list at all: anything. */
export type Returns = readonly string[];

export const bool: Returns = ["bool"];
export const string: Returns = ["string"];
export const stringOrNull: Returns = ["string", "null_type"];
export const appliedObject: Returns = ["Object"];
export const jsonPatches: Returns = ["list(JSONPatch)"];

export function compileExpression(expression: string, scope: Scope, returns?: Returns): Expression {
  const text = expression.trim();
  const compiled = compileCel(text, environmentOf(scope));
  if (!compiled.ok) return { text, program: undefined, error: `compilation failed: ${compiled.error}` };
  const { program } = compiled;
  const name = nameOf(program.type);
  // A list that may be empty is of the type that it may have; one that always is has none.
  const mayBeEmpty = name === "list(dyn)" && returns === jsonPatches && !/^\[\s*\]$/.test(text);
  if (!returns || returns.includes(name) || mayBeEmpty) return { text, program, error: "" };
  const what = returns.length === 1 ? returns[0] : `one of [${returns.join(" ")}]`;
  return { text, program: undefined, error: `must evaluate to ${what} but got ${name}` };
}

function nameOf(type: CelType): string {
  const text = formatType(type);
  return text === "null" ? "null_type" : text;
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
  }

  assertLeft(): void {
    if (this.#left < 0) throw new OutOfBudget();
  }
}

/** Throws OutOfBudget; everything else that may go wrong is told. */
export async function evaluate(expression: Expression, bindings: Bindings, budget: CostBudget): Promise<Evaluation> {
  if (!expression.program) return { error: `compilation error: ${expression.error}` };
  const result = await expression.program.evaluateAsync(bindings);
  budget.spend(result.cost);
  budget.assertLeft();
  if (result.ok) return { value: result.value };
  return { error: `expression '${expression.text}' resulted in error: ${result.error}` };
}
