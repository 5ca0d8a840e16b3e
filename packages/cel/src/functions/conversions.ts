import { formatDuration, formatTimestamp, parseDuration, parseTimestamp } from "../values/time-text.ts";
import { typeNameOf } from "../values/type-of.ts";
import { decodeUtf8, encodeUtf8 } from "../values/utf8.ts";
import { Duration, EvaluationError, MapValue, Timestamp, TypeValue, Uint, type Value } from "../values/value.ts";
import { checkedInt, checkedUint, timestamp } from "./arithmetic.ts";
import { byAllSizes, type Library, overloads } from "./declaration.ts";

function fail(message: string): never {
  throw new EvaluationError(message);
}

function toInt(value: Value): bigint {
  if (typeof value === "bigint") return value;
  if (value instanceof Uint) return checkedInt(value.value);
  if (value instanceof Timestamp) return value.nanos / 1_000_000_000n;
  if (value instanceof Duration) return value.nanos;
  if (typeof value === "number")
    return Number.isFinite(value) ? checkedInt(BigInt(Math.trunc(value))) : fail("integer overflow");
  const text = String(value);
  return /^[+-]?\d+$/.test(text)
    ? checkedInt(BigInt(text.replace("+", "")))
    : fail(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
}

function toUint(value: Value): Uint {
  if (value instanceof Uint) return value;
  if (typeof value === "bigint") return checkedUint(value);
  if (typeof value === "number")
    return Number.isFinite(value) ? checkedUint(BigInt(Math.trunc(value))) : fail("unsigned integer overflow");
  const text = String(value);
  return /^\d+$/.test(text)
    ? checkedUint(BigInt(text))
    : fail(`strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`);
}

function toDouble(value: Value): number {
  if (typeof value === "number") return value;
  if (value instanceof Uint) return Number(value.value);
  if (typeof value === "bigint") return Number(value);
  const text = String(value);
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return Number.NaN;
  const number = text.trim() === "" ? Number.NaN : Number(text);
  return Number.isNaN(number) ? fail(`strconv.ParseFloat: parsing ${JSON.stringify(text)}: invalid syntax`) : number;
}

export function toText(value: Value): string {
  if (typeof value === "string") return value;
  if (value instanceof Uint) return String(value.value);
  if (typeof value === "number") return doubleText(value);
  if (value instanceof Timestamp) return formatTimestamp(value);
  if (value instanceof Duration) return formatDuration(value);
  if (value instanceof Uint8Array) return decodeUtf8(value) ?? fail("invalid UTF-8 in bytes, cannot convert to string");
  return String(value);
}

/** Go's %g. */
function doubleText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
  const exponent = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  if (exponent >= -4 && exponent < 21) return String(value);
  return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
}

function toBool(value: Value): boolean {
  if (typeof value === "boolean") return value;
  if (["1", "t", "T", "TRUE", "true", "True"].includes(value as string)) return true;
  if (["0", "f", "F", "FALSE", "false", "False"].includes(value as string)) return false;
  return fail(`strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`);
}

function toTimestamp(value: Value): Timestamp {
  if (value instanceof Timestamp) return value;
  if (typeof value === "bigint") return timestamp(value * 1_000_000_000n);
  return (
    parseTimestamp(value as string) ??
    fail(`parsing time ${JSON.stringify(value)} as "2006-01-02T15:04:05Z07:00": cannot parse`)
  );
}

function toDuration(value: Value): Duration {
  if (value instanceof Duration) return value;
  if (typeof value === "bigint") return new Duration(value);
  return parseDuration(value as string) ?? fail(`time: invalid duration ${JSON.stringify(value)}`);
}

function size(value: Value): bigint {
  if (typeof value === "string") return BigInt([...value].length);
  if (value instanceof MapValue) return BigInt(value.size);
  return BigInt((value as readonly Value[] | Uint8Array).length);
}

const sized = ["string", "bytes", "list(A)", "map(A, B)"];
const from = (types: string, result: string) => types.split(" ").map((type) => `(${type}): ${result}`);

export const conversions: Library = [
  ["int", overloads(from("int uint double string timestamp duration", "int"), toInt)],
  ["uint", overloads(from("int uint double string", "uint"), toUint)],
  ["double", overloads(from("int uint double string", "double"), toDouble)],
  ["string", overloads(from("int uint double bool string bytes timestamp duration", "string"), toText, byAllSizes)],
  ["bytes", overloads(["(bytes): bytes"], (value: Uint8Array) => value)],
  ["bytes", overloads(["(string): bytes"], encodeUtf8, byAllSizes)],
  ["bool", overloads(from("bool string", "bool"), toBool)],
  ["timestamp", overloads(from("string int timestamp", "timestamp"), toTimestamp)],
  ["duration", overloads(from("string int duration", "duration"), toDuration)],
  ["dyn", overloads(["(A): dyn"], (value: Value) => value)],
  ["type", overloads(["(A): type"], (value: Value) => new TypeValue(typeNameOf(value)))],
  [
    "size",
    overloads(
      sized.flatMap((type) => [`(${type}): int`, `${type}.(): int`]),
      size,
    ),
  ],
];
