import { isEqual } from "../values/equality.ts";
import { keyOf } from "../values/map-value.ts";
import { compareValues } from "../values/order.ts";
import { Duration, EvaluationError, Optional, Uint, type Value } from "../values/value.ts";
import { checkedInt, checkedUint } from "./arithmetic.ts";
import { type Library, overloads, sizeOf, traversalCost } from "./declaration.ts";

type List = readonly Value[];
const comparableTypes = ["int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes"];
const perItem = (args: readonly Value[]) => traversalCost(sizeOf(args[0]));

function order(a: Value, b: Value): number {
  const result = compareValues(a, b);
  if (result === undefined) throw new EvaluationError("no such overload");
  return result;
}

function isSorted(list: List): boolean {
  return list.every((item, i) => i === 0 || order(list[i - 1] as Value, item) <= 0);
}

function extreme(name: "min" | "max", sign: 1 | -1): (list: List) => Value {
  return (list) => {
    if (list.length === 0) throw new EvaluationError(`${name} called on empty list`);
    return list.reduce((best, item) => (order(item, best) * sign < 0 ? item : best));
  };
}

function sum(zero: Value): (list: List) => Value {
  return (list) => list.reduce<Value>((total, item, i) => (i === 0 ? item : add(total, item)), zero);
}

function add(a: Value, b: Value): Value {
  if (typeof a === "bigint" && typeof b === "bigint") return checkedInt(a + b);
  if (typeof a === "number" && typeof b === "number") return a + b;
  if (a instanceof Uint && b instanceof Uint) return checkedUint(a.value + b.value);
  if (a instanceof Duration && b instanceof Duration) return new Duration(checkedInt(a.nanos + b.nanos));
  throw new EvaluationError("no such overload");
}

function slice(list: List, start: bigint, end: bigint): List {
  if (start < 0n || end < 0n)
    throw new EvaluationError(`cannot slice(${start}, ${end}), negative indexes not supported`);
  if (start > end)
    throw new EvaluationError(`cannot slice(${start}, ${end}), start index must be less than or equal to end index`);
  if (end > BigInt(list.length))
    throw new EvaluationError(`cannot slice(${start}, ${end}), list is length ${list.length}`);
  return list.slice(Number(start), Number(end));
}

function flatten(list: List, depth = 1n): List {
  if (depth < 0n) throw new EvaluationError("level must be non-negative");
  if (depth === 0n) return list;
  return list.flatMap((item) => (Array.isArray(item) ? flatten(item, depth - 1n) : [item]));
}

function distinct(list: List): List {
  const result: Value[] = [];
  const seen = new Set<string>();
  for (const item of list) {
    const isScalar = item === null || typeof item !== "object" || item instanceof Uint;
    if (isScalar ? seen.has(keyOf(item)) : result.some((other) => isEqual(item, other))) continue;
    if (isScalar) seen.add(keyOf(item));
    result.push(item);
  }
  return result;
}

function range(count: bigint): List {
  if (count > 1_000_000n) throw new EvaluationError(`range(${count}) is too large`);
  return Array.from({ length: Math.max(0, Number(count)) }, (_, i) => BigInt(i));
}

export const lists: Library = [
  [
    "isSorted",
    overloads(
      comparableTypes.map((type) => `list(${type}).(): bool`),
      isSorted,
      perItem,
    ),
  ],
  [
    "min",
    overloads(
      comparableTypes.map((type) => `list(${type}).(): ${type}`),
      extreme("min", 1),
      perItem,
    ),
  ],
  [
    "max",
    overloads(
      comparableTypes.map((type) => `list(${type}).(): ${type}`),
      extreme("max", -1),
      perItem,
    ),
  ],
  ["sum", overloads(["list(int).(): int"], sum(0n), perItem)],
  ["sum", overloads(["list(uint).(): uint"], sum(new Uint(0n)), perItem)],
  ["sum", overloads(["list(double).(): double"], sum(0), perItem)],
  ["sum", overloads(["list(duration).(): duration"], sum(new Duration(0n)), perItem)],
  [
    "indexOf",
    overloads(
      ["list(A).(A): int"],
      (list: List, item: Value) => BigInt(list.findIndex((other) => isEqual(item, other))),
      perItem,
    ),
  ],
  [
    "lastIndexOf",
    overloads(
      ["list(A).(A): int"],
      (list: List, item: Value) => BigInt(list.findLastIndex((other) => isEqual(item, other))),
      perItem,
    ),
  ],
  ["slice", overloads(["list(A).(int, int): list(A)"], slice, perItem)],
  [
    "flatten",
    overloads(["list(list(A)).(): list(A)", "list(dyn).(int): list(dyn)", "list(dyn).(): list(dyn)"], flatten, perItem),
  ],
  ["distinct", overloads(["list(A).(): list(A)"], distinct, perItem)],
  ["reverse", overloads(["list(A).(): list(A)"], (list: List) => [...list].reverse(), perItem)],
  [
    "sort",
    overloads(
      comparableTypes.map((type) => `list(${type}).(): list(${type})`),
      (list: List) => [...list].sort(order),
      perItem,
    ),
  ],
  ["first", overloads(["list(A).(): optional(A)"], (list: List) => optionalAt(list, 0))],
  ["last", overloads(["list(A).(): optional(A)"], (list: List) => optionalAt(list, list.length - 1))],
  ["lists.range", overloads(["(int): list(int)"], range, ([count]) => traversalCost(Number(count)))],
];

function optionalAt(list: List, index: number): Optional {
  return new Optional(list[index]);
}
