import { encodeBase64 } from "./base64.ts";
import { formatDuration, formatTimestamp } from "./time-text.ts";
import { typeNameOf } from "./type-of.ts";
import { decodeUtf8 } from "./utf8.ts";
import { Duration, EvaluationError, MapValue, Optional, Timestamp, Uint, type Value } from "./value.ts";

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** A value as JSON, as protobuf's Value has it; throws EvaluationError for what JSON cannot say. */
export function toJson(value: Value): Json {
  if (value === null || typeof value === "boolean" || typeof value === "string" || typeof value === "number")
    return value;
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Uint) return Number(value.value);
  if (Array.isArray(value)) return value.map(toJson);
  if (value instanceof MapValue) return mapToJson(value);
  if (value instanceof Timestamp) return formatTimestamp(value);
  if (value instanceof Duration) return formatDuration(value);
  if (value instanceof Uint8Array) return encodeBase64(value);
  if (value instanceof Optional) return value.value === undefined ? null : toJson(value.value);
  throw new EvaluationError(`unsupported conversion of ${typeNameOf(value)} to JSON`);
}

function mapToJson(map: MapValue): Json {
  const result: { [name: string]: Json } = {};
  for (const key of map.keys()) result[keyText(key)] = toJson(map.get(key) as Value);
  return result;
}

function keyText(key: Value): string {
  if (key instanceof Uint8Array) return decodeUtf8(key) ?? "";
  return key instanceof Uint ? String(key.value) : String(key);
}
