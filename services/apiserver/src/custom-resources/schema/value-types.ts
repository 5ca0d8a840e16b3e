import { hasKnownFormat } from "./formats.ts";
import type { Structural } from "./structural.ts";

/** What a value is, in the words of JSON and, of numbers, of OpenAPI's formats. */
interface ValueType {
  readonly type: string;
  readonly format: string;
}

function typeOf(value: unknown): ValueType {
  switch (typeof value) {
    case "number":
      if (!Number.isSafeInteger(value)) return { type: "number", format: "float64" };
      return { type: "integer", format: "int64" };
    case "bigint":
      return { type: "integer", format: "int64" };
    case "object":
      return { type: value === null ? "null" : Array.isArray(value) ? "array" : "object", format: "" };
    default:
      return { type: value === undefined ? "null" : typeof value, format: "" };
  }
}

/** A type that was expected and another that is there. */
export interface TypeMismatch {
  readonly expected: string;
  readonly actual: string;
}

/**
 * Whether a value is of its schema's type, as upstream's validator judges it: numbers and truths in the place of a text with a format are
 * told by their formats, and a list there is none of its business.
 */
export function typeMismatch(value: unknown, schema: Structural): TypeMismatch | undefined {
  const types = schema["x-kubernetes-int-or-string"] ? ["integer", "string"] : schema.type ? [schema.type] : [];
  const { type, format } = typeOf(value);
  if (types.length === 0 || types.includes(type)) return undefined;
  if (type === "integer" && types.includes("number")) return undefined;
  const wanted = type === "null" ? undefined : checkedFormat(schema);
  if (wanted !== undefined && type === "array" && schema.type === "string") return undefined;
  if (wanted !== undefined && format !== wanted && type !== "string" && type !== "array")
    return { expected: wanted, actual: format };
  return { expected: types.join(","), actual: type };
}

const numberFormats: ReadonlySet<string> = new Set(["int32", "int64", "float", "double"]);

function checkedFormat({ type, format }: Structural): string | undefined {
  if (format === undefined) return undefined;
  if (type === "string") return hasKnownFormat(format) ? format : undefined;
  return (type === "integer" || type === "number") && numberFormats.has(format) ? format : undefined;
}
