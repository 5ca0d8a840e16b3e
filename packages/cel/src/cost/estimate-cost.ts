import { resolveCall } from "../check/resolve-call.ts";
import type { BindExpr, CallExpr, Expr, FoldExpr, SelectExpr } from "../syntax/ast.ts";
import { type CelType, dyn } from "../types/cel-type.ts";
import { type CallNode, TRAVERSAL } from "./call.ts";
import { callCost } from "./call-cost.ts";
import {
  add,
  type EntrySize,
  fixedSize,
  multiply,
  multiplySizes,
  type Size,
  times,
  unionOf,
  unionOfEntries,
  unknownSize,
} from "./size.ts";

/** What is known beforehand: the types that the checker found, and how large what lies at a path may be. */
export interface CostContext {
  typeOf(expr: Expr): CelType | undefined;
  /** The first part of a path is a variable. */
  sizeAt(path: readonly string[]): Size | undefined;
}

/** The most that an expression may cost, as cel-go's checker estimates it (checker/cost.go, with presence tests for nothing). */
export function estimateCost(expr: Expr, context: CostContext): number {
  return new Coster(context).cost(expr);
}

interface Local {
  readonly path: readonly string[];
  readonly size: Size | undefined;
  readonly entry: EntrySize | undefined;
}

const LIST = 10;
const MAP = 30;
const STRUCT = 40;

class Coster {
  readonly #context: CostContext;
  readonly #paths = new Map<Expr, readonly string[]>();
  readonly #sizes = new Map<Expr, Size>();
  readonly #entries = new Map<Expr, EntrySize>();
  readonly #locals = new Map<string, Local[]>();

  constructor(context: CostContext) {
    this.#context = context;
  }

  cost(expr: Expr): number {
    switch (expr.kind) {
      case "literal":
        return 0;
      case "ident":
        this.#paths.set(expr, this.#local(expr)?.path ?? [expr.name]);
        return 1;
      case "select":
        return this.#select(expr);
      case "call":
        return this.#call(expr);
      case "list":
        return this.#list(expr);
      case "map":
        return this.#map(expr);
      case "struct":
        return add(this.#sum(expr.fields.map(({ value }) => value)), STRUCT);
      case "fold":
        return this.#fold(expr);
      case "bind":
        return this.#bind(expr);
    }
  }

  #sum(exprs: readonly Expr[]): number {
    return exprs.reduce((sum, expr) => add(sum, this.cost(expr)), 0);
  }

  #select(expr: SelectExpr): number {
    const operand = this.cost(expr.operand);
    if (expr.isTest) return operand;
    if (expr.isOptional) return add(operand, 1);
    const { kind } = this.#type(expr.operand);
    this.#paths.set(expr, [...(this.#path(expr.operand) ?? []), expr.field]);
    return kind === "map" || kind === "object" || kind === "param" ? add(operand, 1) : operand;
  }

  #list(expr: Extract<Expr, { kind: "list" }>): number {
    const items = expr.items.map(({ value }) => value);
    const cost = this.#sum(items);
    this.#entries.set(expr, { isList: true, key: fixedSize(1), value: this.#union(items) });
    return add(cost, LIST);
  }

  #map(expr: Extract<Expr, { kind: "map" }>): number {
    const cost = expr.entries.reduce((sum, { key, value }) => add(sum, add(this.cost(key), this.cost(value))), 0);
    const key = this.#union(expr.entries.map((entry) => entry.key));
    const value = this.#union(expr.entries.map((entry) => entry.value));
    this.#entries.set(expr, { isList: false, key, value });
    return add(cost, MAP);
  }

  #union(exprs: readonly Expr[]): Size {
    const none = { min: exprs.length === 0 ? 0 : unknownSize.max, max: 0 };
    return exprs.reduce<Size>((all, expr) => unionOf(all, this.#sizeOrUnknown(expr)), none);
  }

  #call(expr: CallExpr): number {
    const { name, isMember, args } = resolveCall(expr);
    const costs = args.map((arg) => this.cost(arg));
    const sum = costs.reduce(add, 0);
    switch (name) {
      case "dyn":
        this.#copySizes(expr, args[0] as Expr);
        return add(sum, 1);
      case "_&&_":
      case "_||_":
        return sum;
      case "_?_:_": {
        const [condition = 0, yes = 0, no = 0] = costs;
        const [, first, second] = args as [Expr, Expr, Expr];
        this.#setSize(expr, unionOf(this.#sizeOrUnknown(first), this.#sizeOrUnknown(second)));
        this.#setEntry(expr, unionOfEntries(this.#entry(first), this.#entry(second)));
        return add(condition, Math.max(yes, no));
      }
      case "_[_]":
        this.#index(expr, args[0] as Expr);
        return add(sum, 1);
    }
    const nodes = args.map((arg) => this.#node(arg));
    const estimate = callCost({
      name,
      target: isMember ? nodes[0] : undefined,
      args: isMember ? nodes.slice(1) : nodes,
      sizeAt: (path) => (path && this.#context.sizeAt(path)) ?? unknownSize,
    });
    this.#setSize(expr, estimate.size ?? this.#size(expr));
    if (name === "_+_")
      this.#setEntry(expr, unionOfEntries(this.#entry(args[0] as Expr), this.#entry(args[1] as Expr)));
    return add(estimate.cost, sum);
  }

  #index(expr: Expr, container: Expr): void {
    const step = this.#type(container).kind === "map" ? "@values" : "@items";
    this.#paths.set(expr, [...(this.#path(container) ?? []), step]);
    this.#setSize(expr, this.#entry(container)?.value ?? this.#size(expr));
  }

  #node(expr: Expr): CallNode {
    return { expr, type: this.#type(expr), path: this.#path(expr), size: this.#sizeOrUnknown(expr) };
  }

  /** A condition, the content taken out once more and bound, and what is made of it. */
  #bind(expr: BindExpr): number {
    const { variable, value, body, optional } = expr;
    const bound = add(this.cost(value), 1);
    this.#push(variable, { path: this.#path(value) ?? [], size: this.#size(value), entry: this.#entry(value) });
    const inner = add(LIST, add(bound, this.cost(body)));
    this.#locals.get(variable)?.pop();
    this.#copySizes(expr, body);
    return add(bound, add(inner, optional === "map" ? 1 : 0));
  }

  /** The macros as what they expand to: a loop with an accumulator, a condition and a step. */
  #fold(expr: FoldExpr): number {
    const range = this.cost(expr.range);
    for (const [index, name] of expr.variables.entries()) this.#push(name, this.#iterated(expr, index));
    const filter = expr.filter ? this.cost(expr.filter) : 0;
    const body = this.cost(expr.body);
    const count = this.#sizeOrUnknown(expr.range);
    const item = this.#sizeOrUnknown(expr.macro === "filter" ? iterationVariable(expr) : expr.body);
    for (const name of expr.variables) this.#locals.get(name)?.pop();
    const { start, step } = loopOf(expr, filter, body);
    if (isQuantifier(expr)) this.#setSize(expr, fixedSize(1));
    else {
      this.#setSize(expr, expr.macro === "sortBy" ? multiplySizes(count, count) : count);
      const none = { min: 0, max: 0 };
      if (!expr.macro.startsWith("transformMap"))
        this.#setEntry(expr, { isList: true, key: fixedSize(1), value: unionOf(none, item) });
    }
    const cost = add(add(range, start), multiply(count.max, step));
    return expr.macro === "sortBy" ? add(cost, this.#sortCost(expr, count.max)) : cost;
  }

  /** Binding the list, naming it twice, and comparing all keys with all. */
  #sortCost({ body }: FoldExpr, count: number): number {
    const type = this.#type(body);
    const isText = type.kind === "simple" && (type.name === "string" || type.name === "bytes");
    return add(2 * LIST + 3, times(multiply(count, count), isText ? 2 + TRAVERSAL : 2));
  }

  #iterated({ range, variables }: FoldExpr, index: number): Local {
    const entry = this.#entry(range);
    const isList = entry ? entry.isList : this.#type(range).kind === "list";
    const isValue = variables.length === 2 ? index === 1 : isList;
    const step = isValue ? (isList ? "@items" : "@values") : isList ? "@indices" : "@keys";
    const size = isValue ? entry?.value : entry?.key;
    return { path: [...(this.#path(range) ?? []), step], size, entry: undefined };
  }

  #push(name: string, local: Local): void {
    this.#locals.set(name, [...(this.#locals.get(name) ?? []), local]);
  }

  #local(expr: Expr): Local | undefined {
    return expr.kind === "ident" ? this.#locals.get(expr.name)?.at(-1) : undefined;
  }

  #type(expr: Expr): CelType {
    return this.#context.typeOf(expr) ?? dyn;
  }

  #path(expr: Expr): readonly string[] | undefined {
    return this.#local(expr)?.path ?? this.#paths.get(expr);
  }

  #setSize(expr: Expr, size: Size | undefined): void {
    if (size) this.#sizes.set(expr, size);
  }

  #setEntry(expr: Expr, entry: EntrySize | undefined): void {
    if (entry) this.#entries.set(expr, entry);
  }

  #copySizes(to: Expr, from: Expr): void {
    this.#setSize(to, this.#size(from));
    this.#setEntry(to, this.#entry(from));
  }

  #entry(expr: Expr): EntrySize | undefined {
    return this.#entries.get(expr) ?? this.#local(expr)?.entry;
  }

  #sizeOrUnknown(expr: Expr): Size {
    return this.#size(expr) ?? unknownSize;
  }

  #size(expr: Expr): Size | undefined {
    const known = this.#sizes.get(expr) ?? sizeOfLiteral(expr);
    if (known) return known;
    const path = this.#path(expr);
    const declared = path && path.length > 0 ? this.#context.sizeAt(path) : undefined;
    if (declared) {
      this.#sizes.set(expr, declared);
      return declared;
    }
    return isScalar(this.#type(expr)) ? fixedSize(1) : this.#local(expr)?.size;
  }
}

function isQuantifier({ macro }: FoldExpr): boolean {
  return macro === "all" || macro === "exists" || macro === "exists_one";
}

/** What is put into the list that `filter` makes. */
function iterationVariable({ variables, offset }: FoldExpr): Expr {
  return { kind: "ident", name: variables[0] ?? "", offset };
}

/** What the expansion of a macro costs once, and for each item. */
function loopOf({ macro }: FoldExpr, filter: number, body: number): { start: number; step: number } {
  switch (macro) {
    case "all":
      return { start: 1, step: add(body, 3) };
    case "exists":
      return { start: 1, step: add(body, 4) };
    case "exists_one":
      return { start: 2, step: add(body, 2) };
    case "filter":
      return { start: LIST + 1, step: add(body, LIST + 3) };
    case "map":
    case "sortBy":
    case "transformList":
      return { start: LIST + 1, step: add(filter, add(body, LIST + 2)) };
    case "transformMap":
      return { start: MAP + 1, step: add(filter, add(body, 3)) };
    case "transformMapEntry":
      return { start: MAP + 1, step: add(filter, add(body, 2)) };
  }
}

function sizeOfLiteral(expr: Expr): Size | undefined {
  if (expr.kind === "list") return fixedSize(expr.items.length);
  if (expr.kind === "map") return fixedSize(expr.entries.length);
  if (expr.kind !== "literal") return undefined;
  const { value } = expr;
  if (typeof value === "string") return fixedSize([...value].length);
  return fixedSize(value instanceof Uint8Array ? value.length : 1);
}

const scalars: ReadonlySet<string> = new Set(["bool", "double", "duration", "int", "timestamp", "uint"]);

function isScalar(type: CelType): boolean {
  if (type.kind === "optional") return isScalar(type.element);
  return type.kind === "simple" && scalars.has(type.name);
}
