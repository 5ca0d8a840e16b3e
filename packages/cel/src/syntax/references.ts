import type { Expr } from "./ast.ts";
import { qualifiedName } from "./parser.ts";

/** Free names of an expression, and of each its first field (`variables.x`). */
export function referencesOf(expr: Expr): ReadonlySet<string> {
  const found = new Set<string>();
  visit(expr, new Set(), found);
  return found;
}

function visit(expr: Expr, local: ReadonlySet<string>, found: Set<string>): void {
  const name = qualifiedName(expr)?.split(".");
  if (name && !local.has(name[0] as string)) {
    found.add(name[0] as string);
    if (name.length > 1) found.add(`${name[0]}.${name[1]}`);
  }
  for (const [child, variables] of childrenOf(expr)) visit(child, new Set([...local, ...variables]), found);
}

function childrenOf(expr: Expr): readonly (readonly [Expr, readonly string[]])[] {
  switch (expr.kind) {
    case "literal":
    case "ident":
      return [];
    case "select":
      return [[expr.operand, []]];
    case "call":
      return [...(expr.target ? [expr.target] : []), ...expr.args].map((child) => [child, []] as const);
    case "list":
      return expr.items.map(({ value }) => [value, []] as const);
    case "map":
      return expr.entries.flatMap(({ key, value }) => [[key, []] as const, [value, []] as const]);
    case "struct":
      return expr.fields.map(({ value }) => [value, []] as const);
    case "fold":
      return [
        [expr.range, []],
        ...(expr.filter ? [[expr.filter, expr.variables] as const] : []),
        [expr.body, expr.variables],
      ];
    case "bind":
      return [
        [expr.value, []],
        [expr.body, [expr.variable]],
      ];
  }
}
