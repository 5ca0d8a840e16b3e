import { typeNameOf } from "../values/type-of.ts";
import { decodeUtf8, encodeUtf8 } from "../values/utf8.ts";
import { Duration, EvaluationError, MapValue, Timestamp, TypeValue, Uint, type Value } from "../values/value.ts";
import { toText } from "./conversions.ts";

/** `"%d items: %s".format([1, x])`: cel-go's string.format with the clauses s, d, f, e, b, x, X and o. */
export function formatText(template: string, args: readonly Value[]): string {
  let next = 0;
  const text = template.replace(/%(%|(?:\.(\d+))?([a-zA-Z]?))/g, (all, rest: string, precision, clause) => {
    if (rest === "%") return "%";
    const render = clauses[clause];
    if (!render)
      throw new EvaluationError(`could not parse formatting clause: unrecognized formatting clause "${all.slice(1)}"`);
    if (next >= args.length) throw new EvaluationError(`index ${next} out of range`);
    return render(args[next++] as Value, precision === undefined ? 6 : Math.min(Number(precision), precisionMax));
  });
  return text;
}

/** As many digits as can be told of a number. */
const precisionMax = 100;

const clauses: Readonly<Record<string, (value: Value, precision: number) => string>> = {
  s: plainText,
  d: (value) => (typeof value === "number" ? specialOf(value) : integerOf(value, "decimal").toString()),
  f: (value, precision) => fixed(numberOf(value, "fixed-point"), precision),
  e: (value, precision) => scientific(numberOf(value, "scientific"), precision),
  b: (value) => (typeof value === "boolean" ? (value ? "1" : "0") : integerOf(value, "binary").toString(2)),
  x: hexadecimal,
  X: (value) => hexadecimal(value).toUpperCase(),
  o: (value) => integerOf(value, "octal").toString(8),
};

function integerOf(value: Value, clause: string): bigint {
  if (typeof value === "bigint") return value;
  if (value instanceof Uint) return value.value;
  throw new EvaluationError(
    `error during formatting: ${clause} clause can only be used on integers, was given ${typeNameOf(value)}`,
  );
}

function numberOf(value: Value, clause: string): number {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Uint) return Number(value.value);
  throw new EvaluationError(
    `error during formatting: ${clause} clause can only be used on doubles, was given ${typeNameOf(value)}`,
  );
}

function specialOf(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  throw new EvaluationError("error during formatting: decimal clause can only be used on integers, was given double");
}

function fixed(value: number, precision: number): string {
  return Number.isFinite(value) ? value.toFixed(precision) : specialOf(value);
}

function scientific(value: number, precision: number): string {
  if (!Number.isFinite(value)) return specialOf(value);
  return value.toExponential(precision).replace(/e([+-])(\d)$/, "e$10$2");
}

function hexadecimal(value: Value): string {
  const bytes = typeof value === "string" ? encodeUtf8(value) : value;
  if (bytes instanceof Uint8Array) return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return integerOf(bytes, "hex").toString(16);
}

function plainText(value: Value): string {
  if (typeof value === "number" && !Number.isFinite(value)) return specialOf(value);
  if (value === null) return "null";
  if (value instanceof TypeValue) return value.name;
  if (value instanceof Uint8Array) return decodeUtf8(value) ?? "";
  if (Array.isArray(value)) return `[${value.map(plainText).join(", ")}]`;
  if (value instanceof MapValue) return mapText(value);
  if (typeof value !== "object" || value instanceof Uint || value instanceof Timestamp || value instanceof Duration)
    return toText(value);
  throw new EvaluationError(
    `error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given ${typeNameOf(value)}`,
  );
}

function mapText(map: MapValue): string {
  const entries = map.keys().map((key) => [plainText(key), plainText(map.get(key) as Value)] as const);
  entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${entries.map(([key, text]) => `${key}: ${text}`).join(", ")}}`;
}
