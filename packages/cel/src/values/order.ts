import { Duration, Timestamp, Uint, type Value } from "./value.ts";

/** Negative, zero or positive as `a` is before, at or after `b`; undefined where no order is defined. NaN is in no order with anything. */
export function compareValues(a: Value, b: Value): number | undefined {
  const [x, y] = [orderOf(a), orderOf(b)];
  if (x === undefined || y === undefined || x.kind !== y.kind) return undefined;
  if (x.kind === "bytes" && y.kind === "bytes") return compareBytes(x.value, y.value);
  if (x.kind === "text" && y.kind === "text") return compareText(x.value, y.value);
  const [left, right] = [x.value, y.value];
  if (left < right) return -1;
  return left > right ? 1 : left <= right ? 0 : Number.NaN;
}

type Ordered =
  | { kind: "number"; value: bigint | number }
  | { kind: "text"; value: string }
  | { kind: "truth"; value: boolean }
  | { kind: "bytes"; value: Uint8Array }
  | { kind: "time" | "duration"; value: bigint };

function orderOf(value: Value): Ordered | undefined {
  if (typeof value === "bigint" || typeof value === "number") return { kind: "number", value };
  if (value instanceof Uint) return { kind: "number", value: value.value };
  if (typeof value === "string") return { kind: "text", value };
  if (typeof value === "boolean") return { kind: "truth", value };
  if (value instanceof Uint8Array) return { kind: "bytes", value };
  if (value instanceof Timestamp) return { kind: "time", value: value.nanos };
  return value instanceof Duration ? { kind: "duration", value: value.nanos } : undefined;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** By code points, which is the order of the UTF-8 bytes. */
function compareText(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = (left[i]?.codePointAt(0) as number) - (right[i]?.codePointAt(0) as number);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
