import { functions } from "../functions/index.ts";
import type { CallExpr } from "../syntax/ast.ts";
import type { Issue } from "../syntax/issue.ts";
import { EvaluationError, type Value } from "../values/value.ts";

/** Functions whose literal argument is tried before anything runs, with what stands before it. */
const tried: Readonly<Record<string, readonly Value[]>> = { matches: [""], timestamp: [], duration: [] };

/** A pattern that is none, a time that is none. */
export function badLiteral(name: string, { args }: CallExpr): Issue[] {
  const before = Object.hasOwn(tried, name) ? tried[name] : undefined;
  const literal = args.at(-1);
  if (!before || literal?.kind !== "literal" || typeof literal.value !== "string") return [];
  const values = [...before, literal.value];
  const overload = functions
    .get(name)
    ?.overloads.find(({ params }) => params.length === values.length && params.every(isString));
  try {
    overload?.run(...values);
    return [];
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    return [{ offset: literal.offset, message: `invalid ${name} argument` }];
  }
}

function isString(type: { readonly kind: string; readonly name?: string }): boolean {
  return type.kind === "simple" && type.name === "string";
}
