import { compareValues } from "../values/order.ts";
import { EvaluationError, Uint, type Value } from "../values/value.ts";
import { checkedInt } from "./arithmetic.ts";
import { type Library, type Overload, overloads } from "./declaration.ts";

const numbers = ["int", "uint", "double"];

/** `math.greatest` and `math.least`: of one to eight numbers, or of a list of them. */
function extreme(sign: 1 | -1): Overload[] {
  const best = (values: readonly Value[]): Value => {
    if (values.length === 0) throw new EvaluationError("math.@max(list) argument must not be empty");
    return values.reduce((a, b) => ((compareValues(b, a) ?? 0) * sign > 0 ? b : a));
  };
  const ofArguments = Array.from({ length: 8 }, (_, i) => i + 1).flatMap((count) => [
    ...numbers.map((type) => `(${Array(count).fill(type).join(", ")}): ${type}`),
    ...(count > 1 ? [`(${Array(count).fill("dyn").join(", ")}): dyn`] : []),
  ]);
  return [
    ...overloads(ofArguments, (...values: Value[]) => {
      if (values.some((value) => compareValues(value, 0n) === undefined)) throw new EvaluationError("no such overload");
      return best(values);
    }),
    ...overloads(
      numbers.map((type) => `(list(${type})): ${type}`),
      best,
    ),
  ];
}

const ofDouble = (run: (value: number) => Value) => overloads(["(double): double"], run);
const truth = (run: (value: number) => boolean) => overloads(["(double): bool"], run);

function bits(run: (a: bigint, b: bigint) => bigint): Overload[] {
  return [
    ...overloads(["(int, int): int"], (a: bigint, b: bigint) => BigInt.asIntN(64, run(a, b))),
    ...overloads(["(uint, uint): uint"], (a: Uint, b: Uint) => new Uint(BigInt.asUintN(64, run(a.value, b.value)))),
  ];
}

function shift(isLeft: boolean): Overload[] {
  const run = (value: bigint, by: bigint): bigint => {
    if (by < 0n)
      throw new EvaluationError(`math.${isLeft ? "bitShiftLeft" : "bitShiftRight"}() negative offset: ${by}`);
    if (by >= 64n) return 0n;
    return isLeft ? value << by : BigInt.asUintN(64, value) >> by;
  };
  return [
    ...overloads(["(int, int): int"], (value: bigint, by: bigint) => BigInt.asIntN(64, run(value, by))),
    ...overloads(
      ["(uint, int): uint"],
      (value: Uint, by: bigint) => new Uint(BigInt.asUintN(64, run(value.value, by))),
    ),
  ];
}

/** Half away from zero. */
const round = (value: number) => Math.sign(value) * Math.round(Math.abs(value));

export const math: Library = [
  ["math.greatest", extreme(1)],
  ["math.least", extreme(-1)],
  ["math.ceil", ofDouble(Math.ceil)],
  ["math.floor", ofDouble(Math.floor)],
  ["math.round", ofDouble(round)],
  ["math.trunc", ofDouble(Math.trunc)],
  ["math.isInf", truth((value) => Math.abs(value) === Number.POSITIVE_INFINITY)],
  ["math.isNaN", truth(Number.isNaN)],
  ["math.isFinite", truth(Number.isFinite)],
  ["math.abs", ofDouble(Math.abs)],
  ["math.abs", overloads(["(int): int"], (value: bigint) => checkedInt(value < 0n ? -value : value))],
  ["math.abs", overloads(["(uint): uint"], (value: Uint) => value)],
  ["math.sign", ofDouble(Math.sign)],
  ["math.sign", overloads(["(int): int"], (value: bigint) => (value > 0n ? 1n : value < 0n ? -1n : 0n))],
  ["math.sign", overloads(["(uint): uint"], (value: Uint) => new Uint(value.value > 0n ? 1n : 0n))],
  [
    "math.sqrt",
    overloads(["(double): double", "(int): double", "(uint): double"], (value: Value) =>
      Math.sqrt(Number(value instanceof Uint ? value.value : value)),
    ),
  ],
  ["math.bitAnd", bits((a, b) => a & b)],
  ["math.bitOr", bits((a, b) => a | b)],
  ["math.bitXor", bits((a, b) => a ^ b)],
  ["math.bitNot", overloads(["(int): int"], (value: bigint) => ~value)],
  ["math.bitNot", overloads(["(uint): uint"], (value: Uint) => new Uint(BigInt.asUintN(64, ~value.value)))],
  ["math.bitShiftLeft", shift(true)],
  ["math.bitShiftRight", shift(false)],
];
