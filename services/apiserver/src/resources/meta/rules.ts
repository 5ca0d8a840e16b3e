import { deepEqual, type FieldError, type FieldPath, fieldErrors, type Int64 } from "@drydock/apimachinery";

/** Errors, lists of them, and what is falsy where there is nothing to complain of. */
export type Finding = FieldError | readonly Finding[] | false | undefined | null | "" | 0;

/** One flat list of what a chain of rules found, in the order of the rules. */
export function findings(...found: readonly Finding[]): FieldError[] {
  return found.flatMap((item) => {
    if (!item) return [];
    return isList(item) ? findings(...item) : [item];
  });
}

function isList(item: FieldError | readonly Finding[]): item is readonly Finding[] {
  return Array.isArray(item);
}

/** One error for each message that a name rule returned. */
export function invalidTexts(path: FieldPath, value: unknown, texts: readonly string[]): FieldError[] {
  return texts.map((text) => fieldErrors.invalid(path, value, text));
}

/** The rules of each item, under its index. */
export function each<T>(
  items: readonly T[] | undefined,
  path: FieldPath,
  rule: (item: T, path: FieldPath, index: number) => Finding,
): FieldError[] {
  return findings(...(items ?? []).map((item, index) => rule(item, path.index(index), index)));
}

/** An error for each item whose identity an earlier one had; items without an identity are left alone. */
export function duplicates<T>(
  items: readonly T[] | undefined,
  path: (index: number) => FieldPath,
  identityOf: (item: T) => string | undefined,
): FieldError[] {
  const seen = new Set<string>();
  return findings(
    ...(items ?? []).map((item, index) => {
      const id = identityOf(item);
      if (!id) return undefined;
      const isTwin = seen.has(id);
      seen.add(id);
      return isTwin && fieldErrors.duplicate(path(index), id);
    }),
  );
}

/** Set, and one of the values. */
export function requiredOneOf(
  path: FieldPath,
  value: string | undefined,
  supported: readonly string[],
  detail = "",
): FieldError[] {
  return value ? optionalOneOf(path, value, supported) : [fieldErrors.required(path, detail)];
}

/** One of the values if it is set. */
export function optionalOneOf(path: FieldPath, value: string | undefined, supported: readonly string[]): FieldError[] {
  return value === undefined || supported.includes(value) ? [] : [fieldErrors.notSupported(path, value, supported)];
}

export function immutable(value: unknown, old: unknown, path: FieldPath): FieldError[] {
  return deepEqual(value, old) ? [] : [fieldErrors.invalid(path, value, "field is immutable")];
}

export function nonNegative(value: Int64 | undefined, path: FieldPath): FieldError[] {
  return value !== undefined && value < 0
    ? [fieldErrors.invalid(path, value, "must be greater than or equal to 0")]
    : [];
}

export function tooMany(items: readonly unknown[] | undefined, path: FieldPath, max: number): FieldError[] {
  const count = items?.length ?? 0;
  return count > max ? [fieldErrors.tooMany(path, count, max)] : [];
}

/** Sets a field that the object has back to what it was, or takes it away. */
export function restoreField<T extends object>(object: T, old: T, field: keyof T): void {
  if (old[field] === undefined) delete object[field];
  else object[field] = old[field];
}
