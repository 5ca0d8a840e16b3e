import type { CelEnvironment } from "../environment.ts";
import { functions } from "../functions/index.ts";
import type { BindExpr, CallExpr, Expr, FoldExpr, ListItem, SelectExpr, StructExpr } from "../syntax/ast.ts";
import type { Issue } from "../syntax/issue.ts";
import { qualifiedName } from "../syntax/parser.ts";
import { isAssignable, isSameType, type Substitution, substitute } from "../types/assign.ts";
import {
  type CelType,
  dyn,
  formatType,
  isDyn,
  listType,
  mapType,
  optionalType,
  simpleType,
} from "../types/cel-type.ts";
import { typeOf } from "../values/type-of.ts";
import { badLiteral } from "./bad-literal.ts";
import { resolveCall } from "./resolve-call.ts";

export interface Checked {
  readonly type: CelType;
  readonly issues: readonly Issue[];
  /** Of each part. */
  readonly types: ReadonlyMap<Expr, CelType>;
}

/** The type of an expression and what is wrong with it, in cel-go's words. What has an issue counts as dyn from there on. */
export function checkExpression(expr: Expr, environment: CelEnvironment): Checked {
  const checker = new Checker(environment);
  const type = checker.check(expr, undefined);
  if (checker.issues.length === 0) checker.issues.push(...checker.badLiterals);
  return { type, issues: checker.issues, types: checker.types };
}

interface Scope {
  readonly name: string;
  readonly type: CelType;
  readonly outer: Scope | undefined;
}

const bool = simpleType("bool");
const typeNames: ReadonlySet<string> = new Set([
  "int",
  "uint",
  "double",
  "bool",
  "string",
  "bytes",
  "list",
  "map",
  "null_type",
  "type",
  "google.protobuf.Timestamp",
  "google.protobuf.Duration",
  "optional_type",
]);

const ordered: ReadonlySet<string> = new Set([
  ...["int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes"],
]);

class Checker {
  readonly issues: Issue[] = [];
  readonly types = new Map<Expr, CelType>();
  /** Told of when all else is well. */
  readonly badLiterals: Issue[] = [];
  readonly #environment: CelEnvironment;

  constructor(environment: CelEnvironment) {
    this.#environment = environment;
  }

  #complain(offset: number, message: string): CelType {
    this.issues.push({ offset, message });
    return dyn;
  }

  check(expr: Expr, scope: Scope | undefined): CelType {
    const type = this.#check(expr, scope);
    this.types.set(expr, type);
    return type;
  }

  #check(expr: Expr, scope: Scope | undefined): CelType {
    switch (expr.kind) {
      case "literal":
        return typeOf(expr.value);
      case "ident":
        return this.#ident(expr.name, expr.offset, scope);
      case "select":
        return this.#select(expr, scope);
      case "call":
        return this.#call(expr, scope);
      case "list":
        return listType(
          this.#joined(
            expr.items.map(({ value, isOptional }) => ({ expr: value, isOptional })),
            scope,
          ),
        );
      case "map":
        return mapType(
          this.#joined(
            expr.entries.map(({ key }) => ({ expr: key, isOptional: false })),
            scope,
          ),
          this.#joined(
            expr.entries.map(({ value, isOptional }) => ({ expr: value, isOptional })),
            scope,
          ),
        );
      case "struct":
        return this.#struct(expr, scope);
      case "fold":
        return this.#fold(expr, scope);
      case "bind":
        return this.#bind(expr, scope);
    }
  }

  #ident(name: string, offset: number, scope: Scope | undefined): CelType {
    for (let at = scope; at; at = at.outer) if (at.name === name) return at.type;
    const declared = this.#variable(name);
    if (declared) return declared;
    if (typeNames.has(name)) return simpleType("type");
    return this.#complain(offset, `undeclared reference to '${name}' (in container '')`);
  }

  #variable(name: string): CelType | undefined {
    const { variables } = this.#environment;
    return Object.hasOwn(variables, name) ? variables[name] : undefined;
  }

  #select(expr: SelectExpr, scope: Scope | undefined): CelType {
    const name = qualifiedName(expr);
    const declared =
      name === undefined ? undefined : (this.#variable(name) ?? (typeNames.has(name) ? simpleType("type") : undefined));
    if (declared) return declared;
    const operand = this.check(expr.operand, scope);
    const inner = operand.kind === "optional" ? operand.element : operand;
    const field = this.#field(inner, expr);
    if (expr.isTest) return bool;
    return expr.isOptional || operand.kind === "optional"
      ? optionalType(field.kind === "optional" ? field.element : field)
      : field;
  }

  #field(operand: CelType, { field, offset }: SelectExpr): CelType {
    if (isDyn(operand) || operand.kind === "param") return dyn;
    if (operand.kind === "map") return operand.value;
    if (operand.kind === "object") return operand.field(field) ?? this.#complain(offset, `undefined field '${field}'`);
    return this.#complain(offset, `type '${formatType(operand)}' does not support field selection`);
  }

  /** The one type of all items; all must agree, save what is dyn. */
  #joined(items: readonly { expr: Expr; isOptional: boolean }[], scope: Scope | undefined): CelType {
    let joined: CelType | undefined;
    for (const { expr, isOptional } of items) {
      const checked = this.check(expr, scope);
      const type = isOptional && checked.kind === "optional" ? checked.element : checked;
      if (!joined || isDyn(joined)) joined ??= type;
      else if (!isAssignable(type, joined, new Map()))
        this.#complain(expr.offset, `expected type '${formatType(joined)}' but found '${formatType(type)}'`);
      else if (isDyn(type)) joined = dyn;
    }
    return joined ?? dyn;
  }

  #struct(expr: StructExpr, scope: Scope | undefined): CelType {
    const type = this.#environment.structType?.(expr.typeName);
    if (!type) this.#complain(expr.offset, `undeclared reference to '${expr.typeName}' (in container '')`);
    for (const { name, value, isOptional, offset } of expr.fields) {
      const found = this.check(value, scope);
      const actual = isOptional && found.kind === "optional" ? found.element : found;
      const expected = type?.kind === "object" ? type.field(name) : dyn;
      if (!expected) this.#complain(offset, `undefined field '${name}'`);
      else if (!isAssignable(actual, expected, new Map()))
        this.#complain(
          offset,
          `expected type of field '${name}' is '${formatType(expected)}' but provided type is '${formatType(actual)}'`,
        );
    }
    return type ?? dyn;
  }

  #fold(expr: FoldExpr, scope: Scope | undefined): CelType {
    const range = this.check(expr.range, scope);
    const types = this.#rangeTypes(range, expr);
    const inner = expr.variables.reduce<Scope | undefined>(
      (outer, name, i) => ({ name, type: types[i] ?? dyn, outer }),
      scope,
    );
    if (expr.macro === "all" || expr.macro === "exists") {
      this.#expectBool(expr.body, inner);
      return bool;
    }
    if (expr.macro === "exists_one") {
      this.#expectCondition(expr, inner, expr.body, simpleType("int"));
      return bool;
    }
    if (expr.macro === "filter") {
      const result = range.kind === "map" ? listType(range.key) : range;
      this.#expectCondition(expr, inner, expr.body, result);
      return result;
    }
    const body = this.check(expr.body, inner);
    if (expr.macro === "sortBy") return this.#sorted(expr, range, body);
    if (expr.filter) this.#expectCondition(expr, inner, expr.filter, listType(body));
    if (expr.macro === "transformMap") return mapType(range.kind === "map" ? range.key : simpleType("int"), body);
    if (expr.macro === "transformMapEntry") return body.kind === "map" ? body : dyn;
    return listType(body);
  }

  /** A list in the order of what is made of its items. */
  #sorted({ offset }: FoldExpr, range: CelType, key: CelType): CelType {
    const isOrdered = isDyn(key) || (key.kind === "simple" && ordered.has(key.name));
    if (isOrdered && (range.kind === "list" || isDyn(range))) return isDyn(range) ? listType(dyn) : range;
    const applied = `${formatType(range)}.(${formatType(listType(key))})`;
    return this.#complain(offset, `found no matching overload for '@sortByAssociatedKeys' applied to '${applied}'`);
  }

  #rangeTypes(range: CelType, { macro, offset, range: { offset: start }, variables }: FoldExpr): readonly CelType[] {
    if (range.kind === "map") return [range.key, range.value];
    if (range.kind === "list") return variables.length === 2 ? [simpleType("int"), range.element] : [range.element];
    if (!isDyn(range))
      this.#complain(
        macro === "sortBy" ? offset : start,
        `expression of type '${formatType(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`,
      );
    return [dyn, dyn];
  }

  /** A condition that a macro expands into `condition ? accumulator + …: accumulator`. */
  #expectCondition(fold: FoldExpr, scope: Scope | undefined, condition: Expr, accumulator: CelType): void {
    const type = this.check(condition, scope);
    if (isAssignable(type, bool, new Map())) return;
    const applied = [type, accumulator, accumulator].map(formatType).join(", ");
    this.#complain(fold.offset, `found no matching overload for '_?_:_' applied to '(${applied})'`);
  }

  #expectBool(expr: Expr, scope: Scope | undefined): void {
    this.#wantBool(expr, this.check(expr, scope));
  }

  #wantBool(expr: Expr, type: CelType): void {
    if (!isAssignable(type, bool, new Map()))
      this.#complain(expr.offset, `expected type 'bool' but found '${formatType(type)}'`);
  }

  #bind(expr: BindExpr, scope: Scope | undefined): CelType {
    const value = this.check(expr.value, scope);
    if (value.kind !== "optional" && !isDyn(value))
      return this.#complain(expr.offset, `found no matching overload for 'optMap' applied to '${formatType(value)}'`);
    const content = value.kind === "optional" ? value.element : dyn;
    const body = this.check(expr.body, { name: expr.variable, type: content, outer: scope });
    return expr.optional === "map" ? optionalType(body) : body;
  }

  #call(expr: CallExpr, scope: Scope | undefined): CelType {
    const { name, args } = resolveCall(expr);
    const types = args.map((arg, i) =>
      name === "format" && i === 1 && arg.kind === "list" ? this.#mixedList(arg.items, scope) : this.check(arg, scope),
    );
    switch (name) {
      case "_&&_":
      case "_||_":
        for (const [i, arg] of args.entries()) this.#wantBool(arg, types[i] as CelType);
        return bool;
      case "_?_:_":
        return this.#operator(expr, types, [bool, alternative, alternative], alternative);
      case "_[_]":
      case "_[?_]":
        return this.#index(expr, types as [CelType, CelType]);
    }
    return this.#overloads(expr, name, types);
  }

  /** The arguments of string.format: the one list literal whose items may differ. */
  #mixedList(items: readonly ListItem[], scope: Scope | undefined): CelType {
    for (const { value } of items) this.check(value, scope);
    return listType(dyn);
  }

  #operator(expr: CallExpr, types: readonly CelType[], params: readonly CelType[], result: CelType): CelType {
    const bound: Substitution = new Map();
    if (types.every((type, i) => isAssignable(type, params[i] as CelType, bound))) return substitute(result, bound);
    return this.#noOverload(expr, expr.name, false, types);
  }

  #index(expr: CallExpr, [container, index]: readonly [CelType, CelType]): CelType {
    const inner = container.kind === "optional" ? container.element : container;
    const found = this.#element(inner, index, expr);
    if (found === undefined) return this.#noOverload(expr, expr.name, false, [container, index]);
    return expr.name === "_[?_]" || container.kind === "optional" ? optionalType(found) : found;
  }

  #element(container: CelType, index: CelType, expr: CallExpr): CelType | undefined {
    if (isDyn(container)) return dyn;
    if (container.kind === "list")
      return isAssignable(index, simpleType("int"), new Map()) ? container.element : undefined;
    if (container.kind === "map") return isAssignable(index, container.key, new Map()) ? container.value : undefined;
    const key = expr.args[1];
    if (
      container.kind === "object" &&
      key?.kind === "literal" &&
      typeof key.value === "string" &&
      expr.name === "_[?_]"
    )
      return container.field(key.value) ?? dyn;
    return undefined;
  }

  #overloads(expr: CallExpr, name: string, types: readonly CelType[]): CelType {
    const declaration = functions.get(name);
    if (!declaration) return this.#complain(expr.offset, `undeclared reference to '${name}' (in container '')`);
    const isMember = name === expr.name && expr.target !== undefined;
    this.badLiterals.push(...badLiteral(name, expr));
    let result: CelType | undefined;
    for (const overload of declaration.overloads) {
      if (overload.isMember !== isMember || overload.params.length !== types.length) continue;
      const bound: Substitution = new Map();
      if (!types.every((type, i) => isAssignable(type, overload.params[i] as CelType, bound))) continue;
      const type = substitute(overload.result, bound);
      result = result && !isSameType(result, type) ? dyn : type;
    }
    return result ?? this.#noOverload(expr, name, isMember, types);
  }

  #noOverload(expr: CallExpr, name: string, isMember: boolean, types: readonly CelType[]): CelType {
    const texts = types.map(formatType);
    const applied = isMember ? `${texts[0]}.(${texts.slice(1).join(", ")})` : `(${texts.join(", ")})`;
    return this.#complain(expr.offset, `found no matching overload for '${name}' applied to '${applied}'`);
  }
}

const alternative: CelType = { kind: "param", name: "A" };
