import { stringifyJson } from "./exact-json.ts";
import type { FieldPath } from "./field-path.ts";
import { goNumber } from "./go-text.ts";

/** Machine-readable reason of a field error; the values are the `reason` of status causes. */
export type FieldErrorType =
  | "FieldValueNotFound"
  | "FieldValueRequired"
  | "FieldValueDuplicate"
  | "FieldValueInvalid"
  | "FieldValueNotSupported"
  | "FieldValueForbidden"
  | "FieldValueTooLong"
  | "FieldValueTooMany"
  | "FieldValueTypeInvalid"
  | "InternalError";

export interface FieldError {
  readonly type: FieldErrorType;
  readonly field: string;
  /** The offending value; absent where the text does not show it. */
  readonly badValue?: unknown;
  readonly detail: string;
  /** Something that a cluster may allow. */
  readonly isByPolicy?: boolean;
}

const titles: Readonly<Record<FieldErrorType, string>> = {
  FieldValueNotFound: "Not found",
  FieldValueRequired: "Required value",
  FieldValueDuplicate: "Duplicate value",
  FieldValueInvalid: "Invalid value",
  FieldValueNotSupported: "Unsupported value",
  FieldValueForbidden: "Forbidden",
  FieldValueTooLong: "Too long",
  FieldValueTooMany: "Too many",
  FieldValueTypeInvalid: "Invalid value",
  InternalError: "Internal error",
};

const silent: ReadonlySet<FieldErrorType> = new Set([
  "FieldValueRequired",
  "FieldValueForbidden",
  "FieldValueTooLong",
  "InternalError",
]);

/** One factory a reason, as short as upstream's `field.Invalid(path, value, detail)`. */
export const fieldErrors = {
  required: (path: FieldPath, detail = ""): FieldError => make("FieldValueRequired", path, "", detail),
  invalid: (path: FieldPath, value: unknown, detail: string): FieldError =>
    make("FieldValueInvalid", path, value, detail),
  notSupported: (path: FieldPath, value: unknown, supported: readonly string[]): FieldError =>
    make("FieldValueNotSupported", path, value, supportedValues(supported)),
  duplicate: (path: FieldPath, value: unknown): FieldError => make("FieldValueDuplicate", path, value, ""),
  forbidden: (path: FieldPath, detail: string): FieldError => make("FieldValueForbidden", path, "", detail),
  tooLong: (path: FieldPath, maxBytes: number): FieldError =>
    make("FieldValueTooLong", path, "", `may not be more than ${maxBytes} ${maxBytes === 1 ? "byte" : "bytes"}`),
  tooMany: (path: FieldPath, actual: number, max: number): FieldError =>
    make("FieldValueTooMany", path, actual, `must have at most ${max} ${max === 1 ? "item" : "items"}`),
  notFoundValue: (path: FieldPath, value: unknown): FieldError => make("FieldValueNotFound", path, value, ""),
  typeInvalid: (path: FieldPath, value: unknown, detail: string): FieldError =>
    make("FieldValueTypeInvalid", path, value, detail),
  /** What not every cluster allows. */
  disallowed: (path: FieldPath, detail: string): FieldError => ({
    type: "FieldValueForbidden",
    field: path.toString(),
    detail,
    isByPolicy: true,
  }),
  internal: (path: FieldPath, detail: string): FieldError => make("InternalError", path, "", detail),
} as const;

function make(type: FieldErrorType, path: FieldPath, badValue: unknown, detail: string): FieldError {
  return { type, field: path.toString(), badValue, detail };
}

function supportedValues(supported: readonly string[]): string {
  return supported.length === 0 ? "" : `supported values: ${supported.map((value) => quote(value)).join(", ")}`;
}

/** In place of a value that would be too long to show: the text leaves it out. */
export const omittedValue: unique symbol = Symbol("omitted");

/** `Invalid value: "x": why`, without the field. */
export function fieldErrorBody(error: FieldError): string {
  const title = titles[error.type];
  const isSilent = silent.has(error.type) || error.badValue === omittedValue;
  const head = isSilent ? title : `${title}: ${formatValue(error.badValue)}`;
  return error.detail === "" ? head : `${head}: ${error.detail}`;
}

/** `spec.x: Invalid value: "x": why`. */
export function fieldErrorMessage(error: FieldError): string {
  return `${error.field}: ${fieldErrorBody(error)}`;
}

function formatValue(value: unknown): string {
  if (value === undefined || value === null) return "null";
  if (typeof value === "string") return quote(value);
  if (typeof value === "number" || typeof value === "bigint") return goNumber(value);
  if (typeof value === "boolean") return String(value);
  return stringifyJson(value);
}

const escapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\b": "\\b",
  "\f": "\\f",
  "\v": "\\v",
  "\u0007": "\\a",
};

/** A double-quoted literal as Go's `%q` prints it. */
function quote(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must be escaped
  const escaped = text.replaceAll(/["\\\u0000-\u001f\u007f]/g, (character) => {
    const known = escapes[character];
    return known ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
  return `"${escaped}"`;
}
