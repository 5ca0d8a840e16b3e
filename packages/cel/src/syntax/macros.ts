import type { CallExpr, Expr, FoldMacro } from "./ast.ts";
import { SyntaxIssue } from "./issue.ts";

/** A call that is a macro, as the node it stands for; undefined for a plain call. */
export function expandMacro(call: CallExpr): Expr | undefined {
  const { name, target, args, offset } = call;
  if (!target) return name === "has" && args.length === 1 ? expandHas(args[0] as Expr, offset) : undefined;
  if ((name === "optMap" || name === "optFlatMap") && args.length === 2) {
    const [variable, body] = args as [Expr, Expr];
    const optional = name === "optMap" ? "map" : "flatMap";
    return { kind: "bind", variable: variableOf(variable), value: target, body, optional, offset };
  }
  return expandFold(call, target);
}

function expandHas(argument: Expr, offset: number): Expr {
  if (argument.kind !== "select") throw new SyntaxIssue(argument.offset, "invalid argument to has() macro");
  return { ...argument, isTest: true, offset };
}

interface FoldShape {
  readonly macro: FoldMacro;
  readonly variables: number;
  readonly hasFilter: boolean;
}

/** By name and number of arguments. */
const folds: Readonly<Record<string, FoldShape>> = {
  "all/2": { macro: "all", variables: 1, hasFilter: false },
  "all/3": { macro: "all", variables: 2, hasFilter: false },
  "exists/2": { macro: "exists", variables: 1, hasFilter: false },
  "exists/3": { macro: "exists", variables: 2, hasFilter: false },
  "exists_one/2": { macro: "exists_one", variables: 1, hasFilter: false },
  "existsOne/2": { macro: "exists_one", variables: 1, hasFilter: false },
  "existsOne/3": { macro: "exists_one", variables: 2, hasFilter: false },
  "map/2": { macro: "map", variables: 1, hasFilter: false },
  "map/3": { macro: "map", variables: 1, hasFilter: true },
  "filter/2": { macro: "filter", variables: 1, hasFilter: false },
  "sortBy/2": { macro: "sortBy", variables: 1, hasFilter: false },
  "transformList/3": { macro: "transformList", variables: 2, hasFilter: false },
  "transformList/4": { macro: "transformList", variables: 2, hasFilter: true },
  "transformMap/3": { macro: "transformMap", variables: 2, hasFilter: false },
  "transformMap/4": { macro: "transformMap", variables: 2, hasFilter: true },
  "transformMapEntry/3": { macro: "transformMapEntry", variables: 2, hasFilter: false },
  "transformMapEntry/4": { macro: "transformMapEntry", variables: 2, hasFilter: true },
};

function expandFold({ name, args, offset }: CallExpr, range: Expr): Expr | undefined {
  const shape = folds[`${name}/${args.length}`];
  if (!shape) return undefined;
  return {
    kind: "fold",
    macro: shape.macro,
    range,
    variables: args.slice(0, shape.variables).map(variableOf),
    filter: shape.hasFilter ? args[shape.variables] : undefined,
    body: args.at(-1) as Expr,
    offset,
  };
}

function variableOf(expr: Expr): string {
  if (expr.kind !== "ident") throw new SyntaxIssue(expr.offset, "argument must be a simple name");
  return expr.name;
}
