/**
 * Resource quantities (`100m`, `1.5Gi`, `2e3`): exact decimal numbers with a suffix. Held in nano units, the smallest that
 * Kubernetes keeps; finer fractions round away from zero, as upstream does.
 */
export type QuantityFormat = "BinarySI" | "DecimalSI" | "DecimalExponent";

const nano = 1_000_000_000n;
/** A thousandth, in nanos. */
const milli = 1_000_000n;
const binarySuffixes: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };
const decimalSuffixes: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  "": 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};

export class Quantity {
  readonly #nanos: bigint;
  readonly format: QuantityFormat;

  constructor(nanos: bigint, format: QuantityFormat = "DecimalSI") {
    this.#nanos = nanos;
    this.format = format;
  }

  get nanos(): bigint {
    return this.#nanos;
  }

  /** Whole units, rounded away from zero. */
  value(): bigint {
    return divideAwayFromZero(this.#nanos, nano);
  }

  /** Thousandths, rounded away from zero. */
  milliValue(): number {
    return Number(divideAwayFromZero(this.#nanos, 1_000_000n));
  }

  toNumber(): number {
    return Number(this.#nanos) / 1e9;
  }

  isZero(): boolean {
    return this.#nanos === 0n;
  }

  /** Whether it was as much as 64 bits can say, or more. */
  isBinaryMax(): boolean {
    return this.format === "BinarySI" && (this.#nanos === binaryMax || this.#nanos === -binaryMax);
  }

  compare(other: Quantity): -1 | 0 | 1 {
    if (this.#nanos === other.#nanos) return 0;
    return this.#nanos < other.#nanos ? -1 : 1;
  }

  add(other: Quantity): Quantity {
    return new Quantity(this.#nanos + other.#nanos, this.isZero() ? other.format : this.format);
  }

  sub(other: Quantity): Quantity {
    return new Quantity(this.#nanos - other.#nanos, this.isZero() ? other.format : this.format);
  }

  /** The canonical text: the largest suffix that keeps the mantissa whole. */
  toString(): string {
    if (this.#nanos === 0n) return "0";
    const sign = this.#nanos < 0n ? "-" : "";
    const magnitude = this.#nanos < 0n ? -this.#nanos : this.#nanos;
    // Binary suffixes cannot say fractions; below 1024 they would only confuse.
    const isBinary = this.format === "BinarySI" && magnitude % nano === 0n && magnitude >= 1024n * nano;
    return sign + (isBinary ? formatBinary(magnitude / nano) : formatDecimal(magnitude, this.format));
  }
}

function formatBinary(units: bigint): string {
  let suffix = "";
  let mantissa = units;
  for (const [name, bits] of Object.entries(binarySuffixes)) {
    if (units % (1n << BigInt(bits)) !== 0n) break;
    suffix = name;
    mantissa = units >> BigInt(bits);
  }
  return `${mantissa}${suffix}`;
}

function formatDecimal(nanos: bigint, format: QuantityFormat): string {
  let exponent = -9;
  let mantissa = nanos;
  while (mantissa % 1000n === 0n && (exponent < 18 || format === "DecimalExponent")) {
    mantissa /= 1000n;
    exponent += 3;
  }
  if (format === "DecimalExponent") return exponent === 0 ? `${mantissa}` : `${mantissa}e${exponent}`;
  const suffix = Object.entries(decimalSuffixes).find(([, power]) => power === exponent)?.[0] ?? "";
  return `${mantissa}${suffix}`;
}

function divideAwayFromZero(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  if (dividend % divisor === 0n) return quotient;
  return dividend < 0n ? quotient - 1n : quotient + 1n;
}

/** What upstream says of text that is no quantity. */
export const quantityFormatMessage =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** Undefined when the text is no quantity. */
export function tryParseQuantity(text: string): Quantity | undefined {
  const match = /^([+-]?)([0-9]*)(?:\.([0-9]*))?(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?[0-9]+)?$/.exec(text);
  if (match === null) return undefined;
  const [, sign = "", whole = "", fraction = "", suffix = ""] = match;
  if (whole === "" && fraction === "") return undefined;
  const scaled = scale(BigInt(`${whole}${fraction}` || "0"), fraction.length, suffix);
  return new Quantity(sign === "-" ? -scaled.nanos : scaled.nanos, scaled.format);
}

/** What is more than 64 bits can say, and has a binary suffix, is as much as they can. */
const binaryMax = (2n ** 63n - 1n) * nano;
/** Powers of ten beyond this are taken for it. */
const exponentMax = 1024;

function scale(digits: bigint, fractionDigits: number, suffix: string): { nanos: bigint; format: QuantityFormat } {
  const binary = binarySuffixes[suffix];
  if (binary !== undefined) {
    const numerator = (digits << BigInt(binary)) * nano;
    const nanos = divideAwayFromZero(numerator, 10n ** BigInt(fractionDigits));
    return { nanos: nanos < binaryMax ? nanos : binaryMax, format: "BinarySI" };
  }
  const decimal = decimalSuffixes[suffix];
  const exponent = (decimal ?? Number(suffix.slice(1))) + 9 - fractionDigits;
  const bounded = Math.max(-exponentMax, Math.min(exponentMax, exponent));
  const power = 10n ** BigInt(Math.abs(bounded));
  const nanos = bounded >= 0 ? digits * power : divideAwayFromZero(digits, power);
  return { nanos, format: decimal === undefined ? "DecimalExponent" : "DecimalSI" };
}

/** More digits than this are written anew. */
const digitsKeptMax = 18;

/**
 * The text that the API stores for a quantity: `0.5` → `500m`, `1024Mi` → `1Gi`. What says a thing no longer than it must is left as it
 * is, as upstream leaves it. Undefined when the text is no quantity.
 */
export function canonicalQuantity(text: string): string | undefined {
  const quantity = tryParseQuantity(text);
  if (quantity === undefined) return undefined;
  const [, whole = "", fraction = "", suffix = ""] = /^[+-]?0*([0-9]*)\.?([0-9]*)(.*)$/.exec(text) ?? [];
  const digits = whole + fraction;
  if (digits.length > digitsKeptMax || whole === "" || quantity.isBinaryMax()) return quantity.toString();
  if (binarySuffixes[suffix] !== undefined) {
    const isShortest = fraction === "" && Number(digits.slice(-3)) % 8 !== 0;
    return isShortest ? text : quantity.toString();
  }
  const exponent = /^[eE]/.test(suffix) ? Number(suffix.slice(1)) : 0;
  return (exponent - fraction.length) % 3 === 0 && !digits.endsWith("000") ? text : quantity.toString();
}

/** The same for an amount of a resource, which is kept in thousandths: finer parts are rounded away from zero. */
export function canonicalResourceQuantity(text: string): string | undefined {
  const quantity = tryParseQuantity(text);
  if (quantity === undefined || quantity.nanos % milli === 0n) return canonicalQuantity(text);
  return new Quantity(divideAwayFromZero(quantity.nanos, milli) * milli, quantity.format).toString();
}

/** Throws for text that is no quantity: for values that validation has already passed. */
export function parseQuantity(text: string | number): Quantity {
  const quantity = tryParseQuantity(String(text));
  if (quantity === undefined)
    throw new Error(`unable to parse quantity ${JSON.stringify(text)}: ${quantityFormatMessage}`);
  return quantity;
}
