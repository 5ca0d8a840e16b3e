import { functions } from "../functions/index.ts";
import type { CallExpr, Expr } from "../syntax/ast.ts";
import { qualifiedName } from "../syntax/parser.ts";

/** A call with all it is applied to. `math.greatest(1)` is a function with a dot in its name, `a.size()` a member of `a`. */
export interface ResolvedCall {
  readonly name: string;
  readonly isMember: boolean;
  readonly args: readonly Expr[];
}

export function resolveCall({ name, target, args }: CallExpr): ResolvedCall {
  if (!target) return { name, isMember: false, args };
  const namespace = qualifiedName(target);
  const qualified = `${namespace}.${name}`;
  if (namespace !== undefined && functions.has(qualified)) return { name: qualified, isMember: false, args };
  return { name, isMember: true, args: [target, ...args] };
}
