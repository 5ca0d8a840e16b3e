import {
  type FieldError,
  type FieldPath,
  fieldErrors,
  quantityFormatMessage,
  tryParseQuantity,
} from "@drydock/apimachinery";

type Text = string | number | undefined;

/** Greater than `b`; what cannot be read is greater than nothing. */
export function isGreater(a: Text, b: Text): boolean {
  const [left, right] = [tryParseQuantity(String(a ?? "")), tryParseQuantity(String(b ?? ""))];
  return left !== undefined && right !== undefined && left.compare(right) > 0;
}

export function isSameQuantity(a: Text, b: Text): boolean {
  const [left, right] = [tryParseQuantity(String(a ?? "")), tryParseQuantity(String(b ?? ""))];
  return left !== undefined && right !== undefined && left.compare(right) === 0;
}

export function validateNonNegativeQuantity(text: Text, path: FieldPath): FieldError[] {
  return validateQuantity(text, path, (nanos) => nanos >= 0n, "must be greater than or equal to 0");
}

export function validatePositiveQuantity(text: Text, path: FieldPath): FieldError[] {
  return validateQuantity(text, path, (nanos) => nanos > 0n, "must be greater than zero");
}

function validateQuantity(
  text: Text,
  path: FieldPath,
  isRight: (nanos: bigint) => boolean,
  detail: string,
): FieldError[] {
  const quantity = tryParseQuantity(String(text ?? ""));
  if (!quantity) return [fieldErrors.invalid(path, text, quantityFormatMessage)];
  return isRight(quantity.nanos) ? [] : [fieldErrors.invalid(path, quantity.toString(), detail)];
}

/** Of things that come whole. */
export function validateIntegerQuantity(text: Text, path: FieldPath): FieldError[] {
  const quantity = tryParseQuantity(String(text ?? ""));
  return quantity && quantity.nanos % 1_000_000_000n !== 0n
    ? [fieldErrors.invalid(path, quantity.toString(), "must be an integer")]
    : [];
}
