import type { Expr } from "../syntax/ast.ts";
import type { CelType } from "../types/cel-type.ts";
import type { Size } from "./size.ts";

/** What a call is applied to, as far as it can be told before anything runs. */
export interface CallNode {
  readonly expr: Expr;
  readonly type: CelType;
  /** From a variable to the value, with `@items`, `@keys` and `@values` on the way. */
  readonly path: readonly string[] | undefined;
  readonly size: Size;
}

export interface Call {
  readonly name: string;
  readonly target: CallNode | undefined;
  readonly args: readonly CallNode[];
  /** How large what lies at a path may be. */
  sizeAt(path: readonly string[] | undefined): Size;
}

/** Without what the arguments cost. */
export interface CallEstimate {
  readonly cost: number;
  readonly size?: Size;
}

/** Prices of cel-go. */
export const TRAVERSAL = 0.1;
export const PATTERN = 0.25;
