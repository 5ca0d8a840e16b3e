import { MapValue, type Value } from "./value.ts";

/** x-kubernetes-list-type of a list that came from an object: sets and maps compare without order and `+` merges them. */
export interface ListSemantics {
  readonly type: "set" | "map";
  /** Names of the key fields, as expressions say them. */
  readonly keys: readonly string[];
}

const semantics = new WeakMap<readonly Value[], ListSemantics>();

export function markList(list: readonly Value[], marks: ListSemantics): readonly Value[] {
  semantics.set(list, marks);
  return list;
}

function semanticsOf(list: readonly Value[]): ListSemantics | undefined {
  return semantics.get(list);
}

type Equal = (a: Value, b: Value) => boolean;

export function equalLists(a: readonly Value[], b: readonly Value[], equal: Equal): boolean {
  if (a.length !== b.length) return false;
  const marks = semanticsOf(a) ?? semanticsOf(b);
  if (!marks) return a.every((item, index) => equal(item, b[index] as Value));
  return a.every((item) => b.some((other) => equal(item, other)));
}

/** Left and right together: what is in both (by value, or by key) stands at its left place, with the right's value. */
export function concatenateLists(a: readonly Value[], b: readonly Value[], equal: Equal): readonly Value[] {
  const marks = semanticsOf(a);
  if (!marks) return [...a, ...b];
  const isSame: Equal = marks.type === "set" ? equal : (left, right) => hasSameKeys(left, right, marks.keys, equal);
  const merged = a.map((item) => b.find((other) => isSame(item, other)) ?? item);
  return markList([...merged, ...b.filter((other) => !a.some((item) => isSame(item, other)))], marks);
}

function hasSameKeys(a: Value, b: Value, keys: readonly string[], equal: Equal): boolean {
  if (!(a instanceof MapValue && b instanceof MapValue)) return false;
  return keys.every((key) => {
    const [left, right] = [a.get(key), b.get(key)];
    return left === undefined || right === undefined ? left === right : equal(left, right);
  });
}
