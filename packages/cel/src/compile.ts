import { checkExpression } from "./check/checker.ts";
import type { CelEnvironment } from "./environment.ts";
import { type Budget, BudgetExceeded, Meter } from "./evaluate/meter.ts";
import { plan } from "./evaluate/plan.ts";
import type { Bindings, Step } from "./evaluate/step.ts";
import { PendingDecision } from "./functions/authorizer.ts";
import type { Expr } from "./syntax/ast.ts";
import { renderIssues, SyntaxIssue } from "./syntax/issue.ts";
import { parseExpression } from "./syntax/parser.ts";
import { referencesOf } from "./syntax/references.ts";
import type { CelType } from "./types/cel-type.ts";
import { EvaluationError, type Value } from "./values/value.ts";

export type Compiled =
  | { readonly ok: true; readonly program: Program }
  | { readonly ok: false; readonly error: string };

/** `reason` is `budget` when the evaluation was ended, not the expression wrong. */
export type Evaluated =
  | { readonly ok: true; readonly value: Value; readonly cost: number }
  | { readonly ok: false; readonly error: string; readonly reason: "runtime" | "budget"; readonly cost: number };

/** Parses and checks an expression once. The error is cel-go's report, one or more lines `ERROR: <input>:1:5: …` with the place marked. */
export function compileCel(expression: string, environment: CelEnvironment): Compiled {
  const expr = tryParse(expression);
  if (expr instanceof SyntaxIssue) return { ok: false, error: renderIssues(expression, [expr]) };
  const { type, issues } = checkExpression(expr, environment);
  if (issues.length > 0) return { ok: false, error: renderIssues(expression, issues) };
  return { ok: true, program: new Program(expr, type) };
}

function tryParse(expression: string): Expr | SyntaxIssue {
  try {
    return parseExpression(expression);
  } catch (error) {
    if (error instanceof SyntaxIssue) return error;
    throw error;
  }
}

/** A compiled expression; may be run any number of times. */
export class Program {
  /** What it yields, as far as can be told. */
  readonly type: CelType;
  /** Names of the variables it refers to; with a dot where that is a variable's field (`variables.x`, `object.spec`). */
  readonly references: ReadonlySet<string>;
  readonly #step: Step;

  constructor(expr: Expr, type: CelType) {
    this.type = type;
    this.references = referencesOf(expr);
    this.#step = plan(expr);
  }

  /** Throws only for a bug, or when an authorizer that answers later is asked: see `evaluateAsync`. */
  evaluate(bindings: Bindings, budget: Budget = {}): Evaluated {
    const result = this.#run(bindings, budget);
    if (result instanceof PendingDecision) throw new Error("the authorizer answers later: use evaluateAsync");
    return result;
  }

  /** As a part of another evaluation, which waits for the authorizer where this one must. */
  evaluateWithin(bindings: Bindings, budget: Budget = {}): Evaluated {
    const result = this.#run(bindings, budget);
    if (result instanceof PendingDecision) throw result;
    return result;
  }

  /** The same where the authorizer may answer later: the expression, which has no effects, is run again with each answer. */
  async evaluateAsync(bindings: Bindings, budget: Budget = {}): Promise<Evaluated> {
    for (;;) {
      const result = this.#run(bindings, budget);
      if (!(result instanceof PendingDecision)) return result;
      await result.answer;
    }
  }

  #run(bindings: Bindings, budget: Budget): Evaluated | PendingDecision {
    const meter = new Meter(budget);
    try {
      return { ok: true, value: this.#step({ bindings, meter, local: undefined }), cost: meter.cost };
    } catch (error) {
      if (error instanceof PendingDecision) return error;
      const { cost } = meter;
      if (error instanceof EvaluationError) return { ok: false, error: error.message, reason: "runtime", cost };
      if (error instanceof BudgetExceeded) return { ok: false, error: error.message, reason: "budget", cost };
      throw error;
    }
  }
}
