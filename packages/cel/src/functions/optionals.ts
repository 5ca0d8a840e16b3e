import { EvaluationError, MapValue, Optional, Uint, type Value } from "../values/value.ts";
import { type Library, overloads } from "./declaration.ts";

function dereference(optional: Optional): Value {
  if (optional.value === undefined) throw new EvaluationError("optional.none() dereference");
  return optional.value;
}

/** Zero of its type: what optional.ofNonZeroValue leaves out. */
function isZero(value: Value): boolean {
  if (value instanceof Uint) return value.value === 0n;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length === 0;
  if (value instanceof MapValue) return value.size === 0;
  return value === null || value === 0n || value === 0 || value === "" || value === false;
}

export const optionals: Library = [
  ["optional.of", overloads(["(A): optional(A)"], (value: Value) => new Optional(value))],
  ["optional.none", overloads(["(): optional(A)"], () => Optional.none)],
  [
    "optional.ofNonZeroValue",
    overloads(["(A): optional(A)"], (value: Value) => (isZero(value) ? Optional.none : new Optional(value))),
  ],
  ["hasValue", overloads(["optional(A).(): bool"], (optional: Optional) => optional.value !== undefined)],
  ["value", overloads(["optional(A).(): A"], dereference)],
  [
    "or",
    overloads(["optional(A).(optional(A)): optional(A)"], (a: Optional, b: Optional) =>
      a.value === undefined ? b : a,
    ),
  ],
  ["orValue", overloads(["optional(A).(A): A"], (a: Optional, b: Value) => (a.value === undefined ? b : a.value))],
  [
    "unwrapOpt",
    overloads(["list(optional(A)).(): list(A)"], (list: readonly Optional[]) =>
      list.flatMap(({ value }) => (value === undefined ? [] : [value])),
    ),
  ],
  [
    "optional.unwrap",
    overloads(["(list(optional(A))): list(A)"], (list: readonly Optional[]) =>
      list.flatMap(({ value }) => (value === undefined ? [] : [value])),
    ),
  ],
];
