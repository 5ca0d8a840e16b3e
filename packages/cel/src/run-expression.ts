import { compileCel } from "./compile.ts";
import { adaptJson } from "./schema/adapt.ts";
import { dyn } from "./types/cel-type.ts";
import { patchType } from "./types/patch-types.ts";
import type { Value } from "./values/value.ts";

export interface RunResult {
  readonly value?: Value;
  readonly error?: string;
  /** The first line of the compiler's report, from the place on. */
  readonly compile?: string;
}

/** An expression compiled and run with `x` bound to JSON of an undeclared type: for tests. */
export function runExpression(expression: string, x: unknown = null): RunResult {
  const compiled = compileCel(expression, {
    variables: { x: dyn },
    structType: patchType,
  });
  if (!compiled.ok) return { compile: compiled.error.split("\n")[0]?.replace("ERROR: <input>:", "") };
  const result = compiled.program.evaluate({ x: adaptJson(x) });
  return result.ok ? { value: result.value } : { error: result.error };
}
