import type { Value } from "../values/value.ts";

/** An expression as the checker and the planner see it: macros are expanded into nodes of their own, operators are calls (`_+_`). */
export type Expr =
  | { readonly kind: "literal"; readonly value: Value; readonly offset: number }
  | { readonly kind: "ident"; readonly name: string; readonly offset: number }
  | SelectExpr
  | CallExpr
  | { readonly kind: "list"; readonly items: readonly ListItem[]; readonly offset: number }
  | { readonly kind: "map"; readonly entries: readonly MapEntry[]; readonly offset: number }
  | StructExpr
  | FoldExpr
  | BindExpr;

export interface SelectExpr {
  readonly kind: "select";
  readonly operand: Expr;
  readonly field: string;
  /** `has(a.b)`: whether the field is there. */
  readonly isTest: boolean;
  /** `a.?b` */
  readonly isOptional: boolean;
  readonly offset: number;
}

export interface CallExpr {
  readonly kind: "call";
  readonly name: string;
  readonly target: Expr | undefined;
  readonly args: readonly Expr[];
  readonly offset: number;
}

export interface ListItem {
  readonly value: Expr;
  readonly isOptional: boolean;
}

export interface MapEntry {
  readonly key: Expr;
  readonly value: Expr;
  readonly isOptional: boolean;
}

export interface StructExpr {
  readonly kind: "struct";
  readonly typeName: string;
  readonly fields: readonly StructField[];
  readonly offset: number;
}

export interface StructField {
  readonly name: string;
  readonly value: Expr;
  readonly isOptional: boolean;
  readonly offset: number;
}

export type FoldMacro =
  | "all"
  | "exists"
  | "exists_one"
  | "map"
  | "filter"
  | "sortBy"
  | "transformList"
  | "transformMap"
  | "transformMapEntry";

/** One of the comprehension macros, with one or two variables. */
export interface FoldExpr {
  readonly kind: "fold";
  readonly macro: FoldMacro;
  readonly range: Expr;
  readonly variables: readonly string[];
  readonly filter: Expr | undefined;
  readonly body: Expr;
  readonly offset: number;
}

/** The macros `optMap` and `optFlatMap`: something made of an optional value's content. */
export interface BindExpr {
  readonly kind: "bind";
  readonly variable: string;
  readonly value: Expr;
  readonly body: Expr;
  readonly optional: "map" | "flatMap";
  readonly offset: number;
}
