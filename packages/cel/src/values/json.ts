import { encodeBase64 } from "./base64.ts";
import { formatDuration, formatTimestamp } from "./time-text.ts";
import { typeNameOf } from "./type-of.ts";
import { decodeUtf8 } from "./utf8.ts";
import { Duration, EvaluationError, MapValue, Optional, Timestamp, Uint, type Value } from "./value.ts";

export type Json = null | boolean | number | bigint | string | Json[] | { [name: string]: Json };

/** What a whole number becomes that a double does not hold: the same, or its digits as a text, as protobuf's Value has it. */
export type LongNumbers = "exact" | "text";

/** A value as JSON; throws EvaluationError for what JSON cannot say. */
export function toJson(value: Value, longNumbers: LongNumbers): Json {
  if (value === null || typeof value === "boolean" || typeof value === "string" || typeof value === "number")
    return value;
  if (typeof value === "bigint") return wholeToJson(value, longNumbers);
  if (value instanceof Uint) return wholeToJson(value.value, longNumbers);
  if (Array.isArray(value)) return value.map((item) => toJson(item, longNumbers));
  if (value instanceof MapValue) return mapToJson(value, longNumbers);
  if (value instanceof Timestamp) return formatTimestamp(value);
  if (value instanceof Duration) return formatDuration(value);
  if (value instanceof Uint8Array) return encodeBase64(value);
  if (value instanceof Optional) return value.value === undefined ? null : toJson(value.value, longNumbers);
  throw new EvaluationError(`unsupported conversion of ${typeNameOf(value)} to JSON`);
}

function wholeToJson(value: bigint, longNumbers: LongNumbers): Json {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  return longNumbers === "exact" ? value : String(value);
}

function mapToJson(map: MapValue, longNumbers: LongNumbers): Json {
  const result: { [name: string]: Json } = {};
  for (const key of map.keys()) result[keyText(key)] = toJson(map.get(key) as Value, longNumbers);
  return result;
}

function keyText(key: Value): string {
  if (key instanceof Uint8Array) return decodeUtf8(key) ?? "";
  return key instanceof Uint ? String(key.value) : String(key);
}
