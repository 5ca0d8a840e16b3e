import { resolveCall } from "../check/resolve-call.ts";
import { functions } from "../functions/index.ts";
import type { CallExpr, Expr, SelectExpr } from "../syntax/ast.ts";
import { qualifiedName } from "../syntax/parser.ts";
import { NativeMap } from "../values/map-value.ts";
import { isOfType } from "../values/type-of.ts";
import { EvaluationError, Optional, TypeValue, type Value } from "../values/value.ts";
import { elementAt, findIn, hasField, selectField } from "./access.ts";
import { planFold } from "./fold.ts";
import { planConditional, planLogical } from "./logic.ts";
import { type Step, withLocal } from "./step.ts";

const listCost = 10;
const mapCost = 30;
const structCost = 40;

/** An expression as a function, made once and run often. */
export function plan(expr: Expr): Step {
  switch (expr.kind) {
    case "literal":
      return () => expr.value;
    case "ident":
      return planIdent(expr.name);
    case "select":
      return planSelect(expr);
    case "call":
      return planCall(expr);
    case "list":
      return planList(expr.items.map(({ value, isOptional }) => ({ step: plan(value), isOptional })));
    case "map":
      return planMap(
        expr.entries.map(({ key, value, isOptional }) => ({ key: plan(key), value: plan(value), isOptional })),
        undefined,
      );
    case "struct":
      return planMap(
        expr.fields.map(({ name, value, isOptional }) => ({ key: () => name, value: plan(value), isOptional })),
        expr.typeName,
      );
    case "fold":
      return planFold(expr, plan);
    case "bind":
      return planBind(expr.variable, plan(expr.value), plan(expr.body), expr.optional);
  }
}

function planIdent(name: string): Step {
  return (frame) => {
    frame.meter.spend(1);
    for (let local = frame.local; local; local = local.outer) if (local.name === name) return local.value;
    const value = frame.bindings[name];
    if (value !== undefined) return value;
    if (typeNames.has(name)) return new TypeValue(name);
    throw new EvaluationError(`no such attribute(s): ${name}`);
  };
}

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

function planSelect(expr: SelectExpr): Step {
  const operand = plan(expr.operand);
  const { field, isTest, isOptional } = expr;
  const name = qualifiedName(expr);
  return (frame) => {
    const whole =
      name === undefined
        ? undefined
        : (frame.bindings[name] ?? (typeNames.has(name) ? new TypeValue(name) : undefined));
    if (whole !== undefined) return whole;
    const value = operand(frame);
    frame.meter.spend(1);
    if (isTest) return isOptional ? findIn(value, field).value !== undefined : hasField(value, field);
    return isOptional ? findIn(value, field) : selectField(value, field);
  };
}

function planCall(expr: CallExpr): Step {
  const { name, isMember, args } = resolveCall(expr);
  const steps = args.map(plan);
  switch (name) {
    case "_&&_":
      return planLogical(steps as [Step, Step], false);
    case "_||_":
      return planLogical(steps as [Step, Step], true);
    case "_?_:_":
      return planConditional(steps as [Step, Step, Step]);
    case "_[_]":
      return planAccess(steps as [Step, Step], elementAt);
    case "_[?_]":
      return planAccess(steps as [Step, Step], findIn);
    case "or":
    case "orValue":
      return planOptionalElse(steps as [Step, Step], name === "orValue");
  }
  return planFunction(name, isMember, steps);
}

function planFunction(name: string, isMember: boolean, steps: readonly Step[]): Step {
  const candidates = (functions.get(name)?.overloads ?? []).filter(
    (overload) => overload.isMember === isMember && overload.params.length === steps.length,
  );
  return (frame) => {
    const args = steps.map((step) => step(frame));
    const overload = candidates.find(({ params }) => params.every((type, i) => isOfType(args[i] as Value, type)));
    if (!overload) throw new EvaluationError("no such overload");
    frame.meter.spend(1 + (overload.cost?.(args) ?? 0));
    return overload.run(...args);
  };
}

function planAccess([container, index]: readonly [Step, Step], read: (container: Value, index: Value) => Value): Step {
  return (frame) => {
    frame.meter.spend(1);
    return read(container(frame), index(frame));
  };
}

/** The alternative is evaluated only when there is no value. */
function planOptionalElse([optional, alternative]: readonly [Step, Step], isValue: boolean): Step {
  return (frame) => {
    frame.meter.spend(1);
    const first = optional(frame);
    if (!(first instanceof Optional)) throw new EvaluationError("no such overload");
    if (first.value === undefined) return alternative(frame);
    return isValue ? first.value : first;
  };
}

interface ItemStep {
  readonly step: Step;
  readonly isOptional: boolean;
}

function planList(items: readonly ItemStep[]): Step {
  return (frame) => {
    frame.meter.spend(listCost);
    const list: Value[] = [];
    for (const { step, isOptional } of items) {
      const value = isOptional ? contentOf(step(frame)) : step(frame);
      if (value !== undefined) list.push(value);
    }
    return list;
  };
}

interface EntryStep {
  readonly key: Step;
  readonly value: Step;
  readonly isOptional: boolean;
}

function planMap(entries: readonly EntryStep[], typeName: string | undefined): Step {
  return (frame) => {
    frame.meter.spend(typeName === undefined ? mapCost : structCost);
    const made: [Value, Value][] = [];
    for (const { key, value, isOptional } of entries) {
      const name = key(frame);
      const content = isOptional ? contentOf(value(frame)) : value(frame);
      if (content !== undefined) made.push([name, content]);
    }
    return NativeMap.of(made, typeName);
  };
}

function contentOf(value: Value): Value | undefined {
  if (value instanceof Optional) return value.value;
  throw new EvaluationError("cannot initialize optional entry from non-optional value");
}

function planBind(name: string, value: Step, body: Step, optional: "map" | "flatMap"): Step {
  return (frame) => {
    const bound = value(frame);
    if (!(bound instanceof Optional)) throw new EvaluationError("no such overload");
    if (bound.value === undefined) return Optional.none;
    const result = body(withLocal(frame, name, bound.value));
    return optional === "map" ? new Optional(result) : result;
  };
}
