import type { Expr, FoldExpr } from "../syntax/ast.ts";
import { NativeMap } from "../values/map-value.ts";
import { compareValues } from "../values/order.ts";
import { EvaluationError, MapValue, type Value } from "../values/value.ts";
import { attempt } from "./logic.ts";
import { type Frame, type Step, withLocal } from "./step.ts";

/** Runs a comprehension: each item's frame has its variables. */
export function planFold(expr: FoldExpr, plan: (expr: Expr) => Step): Step {
  const range = plan(expr.range);
  const body = plan(expr.body);
  const filter = expr.filter && plan(expr.filter);
  const run = runners[expr.macro];
  return (frame) => {
    const iterations = iterate(range(frame), expr.variables, frame);
    return run(filter ? filtered(iterations, filter) : iterations, body);
  };
}

interface Iteration {
  readonly frame: Frame;
  /** Index or key, and what stands there. */
  readonly key: Value;
  readonly value: Value;
}

function* iterate(range: Value, variables: readonly string[], frame: Frame): Generator<Iteration> {
  const [first = "", second] = variables;
  for (const [key, value] of entriesOf(range)) {
    frame.meter.spend(1);
    frame.meter.tick();
    const isMap = range instanceof MapValue;
    if (second === undefined)
      yield { frame: withLocal(frame, first, isMap ? key : value), key, value: isMap ? key : value };
    else yield { frame: withLocal(withLocal(frame, first, key), second, value), key, value };
  }
}

function* entriesOf(range: Value): Generator<readonly [Value, Value]> {
  if (Array.isArray(range)) {
    const list = range as readonly Value[];
    for (let i = 0; i < list.length; i++) yield [BigInt(i), list[i] as Value];
  } else if (range instanceof MapValue) {
    for (const key of range.keys()) yield [key, range.get(key) as Value];
  } else throw new EvaluationError("no such overload");
}

function* filtered(iterations: Iterable<Iteration>, filter: Step): Generator<Iteration> {
  for (const iteration of iterations) if (truthOf(filter, iteration.frame)) yield iteration;
}

function truthOf(step: Step, frame: Frame): boolean {
  const truth = step(frame);
  if (typeof truth !== "boolean") throw new EvaluationError("no such overload");
  return truth;
}

type Runner = (iterations: Iterable<Iteration>, body: Step) => Value;

/** `all` and `exists`: one item may decide, whatever errors the others have. */
function quantifier(decisive: boolean): Runner {
  return (iterations, body) => {
    let error: EvaluationError | undefined;
    for (const { frame } of iterations) {
      const truth = attempt(body, frame);
      if (truth === decisive) return decisive;
      if (truth instanceof EvaluationError) error ??= truth;
    }
    if (error) throw error;
    return !decisive;
  };
}

function inOrder(a: Value, b: Value): number {
  const order = compareValues(a, b);
  if (order === undefined) throw new EvaluationError("no such overload");
  return order;
}

const collect: Runner = (iterations, body) => Array.from(iterations, ({ frame }) => body(frame));

const runners: Readonly<Record<FoldExpr["macro"], Runner>> = {
  all: quantifier(false),
  exists: quantifier(true),
  exists_one: (iterations, body) => {
    let count = 0;
    for (const { frame } of iterations) if (truthOf(body, frame)) count++;
    return count === 1;
  },
  map: collect,
  transformList: collect,
  filter: (iterations, body) => Array.from(filtered(iterations, body), ({ value }) => value),
  sortBy: (iterations, body) =>
    Array.from(iterations, ({ frame, value }) => ({ key: body(frame), value }))
      .sort((a, b) => inOrder(a.key, b.key))
      .map(({ value }) => value),
  transformMap: (iterations, body) =>
    NativeMap.of(Array.from(iterations, ({ key, frame }) => [key, body(frame)] as const)),
  transformMapEntry: (iterations, body) => {
    const entries: [Value, Value][] = [];
    for (const { frame } of iterations) {
      const entry = body(frame);
      if (!(entry instanceof MapValue)) throw new EvaluationError("no such overload");
      for (const key of entry.keys()) entries.push([key, entry.get(key) as Value]);
    }
    const map = NativeMap.of(entries);
    if (map.size < entries.length) throw new EvaluationError("insert failed: key already exists");
    return map;
  },
};
