import type { Int64 } from "./meta.ts";

/** A value as Go's `%+v` prints it: upstream shows patches that way. */
export function goText(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(goText).join(" ")}]`;
  if (typeof value === "number") return goNumber(value);
  if (typeof value !== "object") return String(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${entries.map(([key, item]) => `${key}:${goText(item)}`).join(" ")}]`;
}

/** A whole number in digits, any other as Go has it. */
export function goNumber(value: Int64): string {
  return typeof value === "bigint" || Number.isSafeInteger(value) ? String(value) : goDouble(value);
}

/** A float64 as Go's `%v` prints it: with an exponent unless it is near to one. */
export function goDouble(value: number): string {
  const [digits = "", exponent = ""] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(value);
  return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

/** What Go's decoder calls a JSON value. */
export function goWordOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (value === null) return "null";
  if (typeof value === "bigint") return "number";
  return typeof value === "boolean" ? "bool" : typeof value;
}
