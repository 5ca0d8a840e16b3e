import { EvaluationError, MapValue, Optional, Uint, type Value } from "../values/value.ts";

export function selectField(operand: Value, field: string): Value {
  if (operand instanceof Optional) return findIn(operand, field);
  if (operand instanceof MapValue) {
    const value = operand.get(field);
    if (value !== undefined) return value;
    throw new EvaluationError(`no such key: ${field}`);
  }
  throw new EvaluationError("no such overload");
}

export function hasField(operand: Value, field: string): boolean {
  if (operand instanceof Optional) return operand.value !== undefined && hasField(operand.value, field);
  if (operand instanceof MapValue) return operand.has(field);
  throw new EvaluationError("no such overload");
}

export function elementAt(container: Value, index: Value): Value {
  if (container instanceof Optional) return findIn(container, index);
  const value = lookUp(container, index);
  if (value !== undefined) return value;
  throw new EvaluationError(
    Array.isArray(container) ? `index out of bounds: ${textOf(index)}` : `no such key: ${textOf(index)}`,
  );
}

/** As an optional: nothing where there is no such field, key or index. */
export function findIn(container: Value, index: Value): Optional {
  const inner = container instanceof Optional ? container.value : container;
  if (inner === undefined || inner === null) return Optional.none;
  const value = lookUp(inner, index);
  return value === undefined ? Optional.none : value instanceof Optional ? value : new Optional(value);
}

function lookUp(container: Value, index: Value): Value | undefined {
  if (container instanceof MapValue) return container.get(index);
  if (!Array.isArray(container)) throw new EvaluationError("no such overload");
  const at = index instanceof Uint ? index.value : index;
  if (typeof at !== "bigint" && !Number.isInteger(at)) throw new EvaluationError("no such overload");
  return (container as readonly Value[])[Number(at)];
}

function textOf(index: Value): string {
  return index instanceof Uint ? String(index.value) : String(index);
}
