import { isEqual } from "../values/equality.ts";
import type { Value } from "../values/value.ts";
import { type Library, overloads, sizeOf } from "./declaration.ts";

type List = readonly Value[];

const contains = (list: List, sub: List) => sub.every((item) => list.some((other) => isEqual(item, other)));
const product = (args: readonly Value[]) => sizeOf(args[0]) * sizeOf(args[1]);
const pair = ["(list(A), list(A)): bool"];

export const sets: Library = [
  ["sets.contains", overloads(pair, contains, product)],
  ["sets.equivalent", overloads(pair, (a: List, b: List) => contains(a, b) && contains(b, a), product)],
  [
    "sets.intersects",
    overloads(pair, (a: List, b: List) => a.some((item) => b.some((other) => isEqual(item, other))), product),
  ],
];
