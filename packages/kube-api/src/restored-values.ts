import { type Int64, toInt64 } from "@drydock/apimachinery";

/**
 * Upstream restores the result of a strategic merge patch from values, where other objects come from JSON texts: `3.0` is a whole number then,
 * what is too long for an int32 loses its upper half, and what does not fit is told in these words.
 */
export function restoreError(value: unknown, goType: string): string {
  const kind = kindOf(value);
  if (goType.startsWith("map[")) return `cannot restore map from ${kind}`;
  if (goType.startsWith("[]")) return `cannot restore slice from ${kind}`;
  if (!scalars.has(goType)) return `cannot restore struct from: ${kind}`;
  const isConvertible = kind === "int64" ? goType === "string" : kind === "float64" && goType.startsWith("int");
  return isConvertible ? `cannot convert ${kind} to ${goType}` : `unrecognized type: ${goType}`;
}

const scalars: ReadonlySet<string> = new Set(["string", "bool", "int32", "int64", "float64"]);

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "slice";
  if (typeof value === "object") return "map";
  if (typeof value === "number") return Number.isSafeInteger(value) ? "int64" : "float64";
  return typeof value === "bigint" ? "int64" : typeof value === "boolean" ? "bool" : typeof value;
}

const int64Min = -(2n ** 63n);

/** Undefined for what is no whole number. */
export function restoreInteger(value: Int64, bits: 32 | 64): Int64 | undefined {
  if (typeof value === "number" && !Number.isInteger(value)) return undefined;
  const whole = BigInt(value);
  const held = BigInt.asIntN(64, whole) === whole ? whole : int64Min;
  return toInt64(BigInt.asIntN(bits, held));
}
