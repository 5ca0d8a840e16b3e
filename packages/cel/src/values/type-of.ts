import { type CelType, dyn, listType, mapType, optionalType, parseType, simpleType } from "../types/cel-type.ts";
import { Duration, MapValue, OpaqueValue, Optional, Timestamp, TypeValue, Uint, type Value } from "./value.ts";

/** The type of a value at run time; what is in lists, maps and optionals is dyn. */
export function typeOf(value: Value): CelType {
  switch (typeof value) {
    case "bigint":
      return simpleType("int");
    case "number":
      return simpleType("double");
    case "string":
      return simpleType("string");
    case "boolean":
      return simpleType("bool");
  }
  if (value === null) return simpleType("null_type");
  if (Array.isArray(value)) return listType(dyn);
  if (value instanceof MapValue)
    return value.typeName === undefined ? mapType(dyn, dyn) : { kind: "opaque", name: value.typeName };
  if (value instanceof Uint) return simpleType("uint");
  if (value instanceof Uint8Array) return simpleType("bytes");
  if (value instanceof Timestamp) return simpleType("timestamp");
  if (value instanceof Duration) return simpleType("duration");
  if (value instanceof Optional) return optionalType(dyn);
  if (value instanceof TypeValue) return simpleType("type");
  return parseType((value as OpaqueValue).typeName);
}

/** The name that `type(x)` and messages say. */
export function typeNameOf(value: Value): string {
  const type = typeOf(value);
  if (type.kind === "simple") return runtimeNames[type.name] ?? type.name;
  if (type.kind === "optional") return "optional_type";
  return "name" in type ? type.name : type.kind;
}

const runtimeNames: Readonly<Record<string, string>> = {
  timestamp: "google.protobuf.Timestamp",
  duration: "google.protobuf.Duration",
};

/** Whether a value may be an argument where `type` is declared; looks into lists by their first item. */
export function isOfType(value: Value, type: CelType): boolean {
  switch (type.kind) {
    case "param":
      return true;
    case "list":
      return Array.isArray(value) && (value.length === 0 || isOfType(value[0] as Value, type.element));
    case "map":
      return value instanceof MapValue;
    case "optional":
      return value instanceof Optional;
    case "object":
      return value instanceof MapValue;
    case "opaque":
      return value instanceof OpaqueValue && value.typeName === type.name;
    case "simple":
      return type.name === "dyn" || (typeOf(value) as { name?: string }).name === type.name;
  }
}
