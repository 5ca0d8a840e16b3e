import { type FieldError, type FieldPath, fieldErrors, isValidPercent } from "@drydock/apimachinery";
import { invalidTexts, nonNegative } from "./rules.ts";

/** Upstream's ValidatePositiveIntOrPercent with IsNotMoreThan100Percent; nothing when it is not set. */
export function validateIntOrPercent(value: number | string | undefined, path: FieldPath): FieldError[] {
  if (value === undefined) return [];
  if (typeof value === "number") return nonNegative(value, path);
  const errors = invalidTexts(path, value, isValidPercent(value));
  if (errors.length > 0 || Number.parseInt(value, 10) <= 100) return errors;
  return [fieldErrors.invalid(path, value, "must not be greater than 100%")];
}

export function isZeroIntOrPercent(value: number | string | undefined): boolean {
  return value === undefined || value === 0 || (typeof value === "string" && /^0+%$/.test(value));
}
