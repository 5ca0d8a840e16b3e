import { isEqual } from "../values/equality.ts";
import { concatenateLists } from "../values/list-semantics.ts";
import { Duration, EvaluationError, Timestamp, Uint, type Value } from "../values/value.ts";
import { byAllSizes, type Library, overloads } from "./declaration.ts";

export function checkedInt(value: bigint): bigint {
  if (BigInt.asIntN(64, value) !== value) throw new EvaluationError("integer overflow");
  return value;
}

export function checkedUint(value: bigint): Uint {
  if (BigInt.asUintN(64, value) !== value) throw new EvaluationError("unsigned integer overflow");
  return new Uint(value);
}

const intDivision = (a: bigint, b: bigint) => {
  if (b === 0n) throw new EvaluationError("division by zero");
  return a / b;
};
const intModulus = (a: bigint, b: bigint) => {
  if (b === 0n) throw new EvaluationError("modulus by zero");
  return a % b;
};

const ints = (run: (a: bigint, b: bigint) => bigint) =>
  overloads(["(int, int): int"], (a: bigint, b: bigint) => checkedInt(run(a, b)));
const uints = (run: (a: bigint, b: bigint) => bigint) =>
  overloads(["(uint, uint): uint"], (a: Uint, b: Uint) => checkedUint(run(a.value, b.value)));
const doubles = (run: (a: number, b: number) => number) => overloads(["(double, double): double"], run);

export const arithmetic: Library = [
  ["_+_", [...ints((a, b) => a + b), ...uints((a, b) => a + b), ...doubles((a, b) => a + b)]],
  ["_+_", overloads(["(string, string): string"], (a: string, b: string) => a + b, byAllSizes)],
  [
    "_+_",
    overloads(["(bytes, bytes): bytes"], (a: Uint8Array, b: Uint8Array) => Uint8Array.from([...a, ...b]), byAllSizes),
  ],
  [
    "_+_",
    overloads(
      ["(list(A), list(A)): list(A)"],
      (a: readonly Value[], b: readonly Value[]) => concatenateLists(a, b, isEqual),
      byAllSizes,
    ),
  ],
  ["_+_", overloads(["(duration, duration): duration"], (a: Duration, b: Duration) => duration(a.nanos + b.nanos))],
  ["_+_", overloads(["(timestamp, duration): timestamp"], (a: Timestamp, b: Duration) => timestamp(a.nanos + b.nanos))],
  ["_+_", overloads(["(duration, timestamp): timestamp"], (a: Duration, b: Timestamp) => timestamp(a.nanos + b.nanos))],
  ["_-_", [...ints((a, b) => a - b), ...uints((a, b) => a - b), ...doubles((a, b) => a - b)]],
  ["_-_", overloads(["(duration, duration): duration"], (a: Duration, b: Duration) => duration(a.nanos - b.nanos))],
  ["_-_", overloads(["(timestamp, duration): timestamp"], (a: Timestamp, b: Duration) => timestamp(a.nanos - b.nanos))],
  ["_-_", overloads(["(timestamp, timestamp): duration"], (a: Timestamp, b: Timestamp) => duration(a.nanos - b.nanos))],
  ["_*_", [...ints((a, b) => a * b), ...uints((a, b) => a * b), ...doubles((a, b) => a * b)]],
  ["_/_", [...ints(intDivision), ...uints(intDivision), ...doubles((a, b) => a / b)]],
  ["_%_", [...ints(intModulus), ...uints(intModulus)]],
  ["-_", overloads(["(int): int"], (a: bigint) => checkedInt(-a))],
  ["-_", overloads(["(double): double"], (a: number) => -a)],
  ["-_", overloads(["(duration): duration"], (a: Duration) => duration(-a.nanos))],
  ["!_", overloads(["(bool): bool"], (a: boolean) => !a)],
];

function duration(nanos: bigint): Duration {
  return new Duration(checkedInt(nanos));
}

const secondsMin = -62135596800n;
const secondsMax = 253402300799n;

export function timestamp(nanos: bigint): Timestamp {
  const seconds = nanos / 1_000_000_000n;
  if (seconds < secondsMin || seconds > secondsMax) throw new EvaluationError("timestamp overflow");
  return new Timestamp(nanos);
}
