import { adaptJson, compileCel, dyn, formatType, type Program } from "@drydock/cel";

export type Match =
  | { readonly kind: "yes" }
  | { readonly kind: "no" }
  | { readonly kind: "error"; readonly error: string };

/** CEL expressions about the review that would be sent (`request`). */
export class MatchConditions {
  readonly #programs: readonly Program[];

  /** Throws naming the first expression that is none. */
  constructor(expressions: readonly string[]) {
    this.#programs = expressions.map((expression) => {
      const compiled = compileCel(expression, { variables: { request: dyn } });
      if (!compiled.ok) throw new Error(`compilation failed: ${compiled.error}`);
      const type = formatType(compiled.program.type);
      if (type !== "bool" && type !== "dyn") throw new Error(`must evaluate to bool, not ${type}`);
      return compiled.program;
    });
  }

  /** One that does not hold decides, also when another cannot be evaluated. */
  evaluate(request: object): Match {
    const errors: string[] = [];
    for (const program of this.#programs) {
      const result = program.evaluate({ request: adaptJson(request) });
      if (!result.ok) errors.push(result.error);
      else if (result.value !== true) return { kind: "no" };
    }
    return errors.length > 0 ? { kind: "error", error: errors.join(", ") } : { kind: "yes" };
  }
}
