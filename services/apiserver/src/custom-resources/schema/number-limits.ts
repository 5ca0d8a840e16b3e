import { goDouble, type Int64, toInt64 } from "@drydock/apimachinery";
import type { Structural } from "./structural.ts";

/** What is wrong with a number. `range` is told without a place: upstream has no path for it. */
export type NumberFault =
  | { readonly kind: "range"; readonly text: string }
  | { readonly kind: "limit"; readonly text: string }
  | { readonly kind: "factor"; readonly factor: number };

/**
 * The limits of a schema against a number, in upstream's order. Whole numbers are compared with the whole part of a limit; one that does not
 * fit the type of its field is compared as a double.
 */
export function numberFaults(value: Int64, schema: Structural): NumberFault[] {
  const against = (bound: Int64 | undefined, what: string, judge: (limit: Limit) => NumberFault | undefined) => {
    if (bound === undefined) return [];
    const misfit = outOfRange(bound, schema, what);
    const fault = judge(misfit.length === 0 && isWhole(value) ? wholePart(bound) : double(bound));
    return fault ? [...misfit, fault] : misfit;
  };
  return [
    ...outOfRange(value, schema, "Checked"),
    ...against(schema.multipleOf, "MultipleOf", (factor) => multipleFault(value, factor)),
    ...against(schema.minimum, "Minimum boundary", (limit) => minimumFault(value, limit, schema.exclusiveMinimum)),
    ...against(schema.maximum, "Maximum boundary", (limit) => maximumFault(value, limit, schema.exclusiveMaximum)),
  ];
}

function minimumFault(value: Int64, { limit, text }: Limit, isExclusive = false): NumberFault | undefined {
  if (isExclusive ? value > limit : value >= limit) return undefined;
  return { kind: "limit", text: `should be greater than ${isExclusive ? "" : "or equal to "}${text}` };
}

function maximumFault(value: Int64, { limit, text }: Limit, isExclusive = false): NumberFault | undefined {
  if (isExclusive ? value < limit : value <= limit) return undefined;
  return { kind: "limit", text: `should be less than ${isExclusive ? "" : "or equal to "}${text}` };
}

function multipleFault(value: Int64, { limit: factor, text }: Limit): NumberFault | undefined {
  if (factor <= 0) return { kind: "factor", factor: Number(factor) };
  const isMultiple =
    isWhole(value) && isWhole(factor)
      ? BigInt(value) % BigInt(factor) === 0n
      : Number.isInteger(Number(value) / Number(factor));
  return isMultiple ? undefined : { kind: "limit", text: `should be a multiple of ${text}` };
}

function isWhole(value: Int64): boolean {
  return typeof value === "bigint" || Number.isSafeInteger(value);
}

/** A number of a schema: such are always doubles. */
interface Limit {
  readonly limit: Int64;
  readonly text: string;
}

function double(bound: Int64): Limit {
  return { limit: Number(bound), text: goDouble(Number(bound)) };
}

function wholePart(bound: Int64): Limit {
  const whole = BigInt(Math.trunc(Number(bound)));
  return { limit: toInt64(whole), text: String(whole) };
}

const int32 = [-(2 ** 31), 2 ** 31] as const;
/** The first double that fits, and the first beyond that does not. */
const int64 = [-(2 ** 63), 2 ** 63] as const;
const float32Max = 3.4028235677973366e38;

function outOfRange(value: Int64, { type, format }: Structural, what: string): NumberFault[] {
  if (fits(value, type, format)) return [];
  const wanted = format === undefined ? `${type} (default format)` : `${type} with format ${format}`;
  return [{ kind: "range", text: `${what} value must be of type ${wanted} in ` }];
}

function fits(value: Int64, type: string | undefined, format: string | undefined): boolean {
  if (type === "integer") {
    const [min, end] = format === "int32" ? int32 : int64;
    return (typeof value === "bigint" || Number.isInteger(value)) && value >= min && value < end;
  }
  return type !== "number" || format !== "float" || (value < float32Max && value > -float32Max);
}
