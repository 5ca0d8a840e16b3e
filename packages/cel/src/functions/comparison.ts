import { isEqual } from "../values/equality.ts";
import { compareValues } from "../values/order.ts";
import { EvaluationError, MapValue, type Value } from "../values/value.ts";
import { byAllSizes, type Library, overloads, sizeOf, traversalCost } from "./declaration.ts";

const numbers = ["int", "uint", "double"];
const comparable = [
  ...numbers.flatMap((a) => numbers.map((b) => `(${a}, ${b}): bool`)),
  ...["bool", "string", "bytes", "timestamp", "duration"].map((type) => `(${type}, ${type}): bool`),
];

function order(a: Value, b: Value): number {
  const result = compareValues(a, b);
  if (result === undefined) throw new EvaluationError("no such overload");
  return result;
}

function isIn(item: Value, container: Value): boolean {
  if (container instanceof MapValue) return container.has(item);
  return (container as readonly Value[]).some((other) => isEqual(item, other));
}

export const comparison: Library = [
  ["_==_", overloads(["(A, A): bool"], (a: Value, b: Value) => isEqual(a, b), byAllSizes)],
  ["_!=_", overloads(["(A, A): bool"], (a: Value, b: Value) => !isEqual(a, b), byAllSizes)],
  ["_<_", overloads(comparable, (a: Value, b: Value) => order(a, b) < 0)],
  ["_<=_", overloads(comparable, (a: Value, b: Value) => order(a, b) <= 0)],
  ["_>_", overloads(comparable, (a: Value, b: Value) => order(a, b) > 0)],
  ["_>=_", overloads(comparable, (a: Value, b: Value) => order(a, b) >= 0)],
  ["@in", overloads(["(A, list(A)): bool", "(A, map(A, B)): bool"], isIn, (args) => traversalCost(sizeOf(args[1])))],
];
