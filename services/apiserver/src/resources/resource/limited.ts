import { type FieldError, type FieldPath, fieldErrors } from "@drydock/apimachinery";
import { each, type Finding, findings, tooMany } from "../meta/rules.ts";

type Rule<T> = (item: T, path: FieldPath, index: number) => Finding;

/** The rules of each item of a list that is not longer than it may be: of one that is, nothing else is said. */
export function eachLimited<T>(
  items: readonly T[] | undefined,
  max: number,
  path: FieldPath,
  rule: Rule<T>,
): FieldError[] {
  const excess = tooMany(items, path, max);
  return excess.length > 0 ? excess : each(items, path, rule);
}

/** The same, for lists whose items have an identity each. */
export function eachUnique<T>(
  items: readonly T[] | undefined,
  max: number,
  path: FieldPath,
  rule: Rule<T>,
  identityOf: (item: T) => string,
): FieldError[] {
  const excess = tooMany(items, path, max);
  if (excess.length > 0) return excess;
  const seen = new Set<string>();
  return findings(
    each(items, path, rule),
    each(items, path, (item, at) => {
      const id = identityOf(item);
      const isTwin = seen.has(id);
      seen.add(id);
      return isTwin && fieldErrors.duplicate(at, id);
    }),
  );
}

/** The rules of a map's keys and values, under each key. */
export function eachEntry<T>(
  map: Readonly<Record<string, T>> | undefined,
  max: number,
  path: FieldPath,
  ruleOfKey: (key: string, path: FieldPath) => Finding,
  ruleOfValue: (value: T, path: FieldPath) => Finding = () => [],
): FieldError[] {
  const entries = Object.entries(map ?? {});
  if (entries.length > max) return [fieldErrors.tooMany(path, entries.length, max)];
  return findings(...entries.map(([key, value]) => [ruleOfKey(key, path.key(key)), ruleOfValue(value, path.key(key))]));
}
