import { type Checked, checkExpression } from "./check/checker.ts";
import { estimateCost } from "./cost/estimate-cost.ts";
import type { CelEnvironment } from "./environment.ts";
import { type Budget, BudgetExceeded, Meter } from "./evaluate/meter.ts";
import { plan } from "./evaluate/plan.ts";
import type { Bindings, Step } from "./evaluate/step.ts";
import { PendingDecision } from "./functions/authorizer.ts";
import { type DeclaredSize, elementsMaxAt } from "./schema/declared-size.ts";
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
  return compile(expression, environment, (expr, { type }) => new Program(expr, type));
}

export type Estimated =
  | { readonly ok: true; readonly type: CelType; readonly references: ReadonlySet<string>; readonly costMax: number }
  | { readonly ok: false; readonly error: string };

/** The same without making a program: what the expression yields, and the most it may cost for values as large as `size` says. */
export function estimateCel(expression: string, environment: CelEnvironment, size: DeclaredSize): Estimated {
  const made = compile(expression, environment, (expr, { type, types }) => ({
    ok: true as const,
    type,
    references: referencesOf(expr),
    costMax: estimateCost(expr, {
      typeOf: (part) => types.get(part),
      sizeAt: (path) => {
        const max = elementsMaxAt(size, path);
        return max === undefined ? undefined : { min: 0, max };
      },
    }),
  }));
  return made.ok ? made.program : made;
}

function compile<T>(expression: string, environment: CelEnvironment, make: (expr: Expr, checked: Checked) => T) {
  const expr = tryParse(expression);
  if (expr instanceof SyntaxIssue)
    return { ok: false as const, error: renderIssues(expression, [expr, ...expr.others]) };
  const checked = checkExpression(expr, environment);
  if (checked.issues.length > 0) return { ok: false as const, error: renderIssues(expression, checked.issues) };
  return { ok: true as const, program: make(expr, checked) };
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
