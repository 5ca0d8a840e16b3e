import { parseQuantity, Quantity } from "@drydock/apimachinery";
import { EvaluationError, OpaqueValue, type Value } from "../values/value.ts";
import { byAllSizes, type Library, overloads } from "./declaration.ts";

class QuantityValue extends OpaqueValue {
  readonly typeName = "kubernetes.Quantity";
  readonly quantity: Quantity;

  constructor(quantity: Quantity) {
    super();
    this.quantity = quantity;
  }

  equals(other: OpaqueValue): boolean {
    return other instanceof QuantityValue && this.quantity.compare(other.quantity) === 0;
  }
}

function toQuantity(text: string): QuantityValue {
  const quantity = tryParse(text);
  if (!quantity)
    throw new EvaluationError(
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
  return new QuantityValue(quantity);
}

function tryParse(text: string): Quantity | undefined {
  try {
    return parseQuantity(text);
  } catch {
    return undefined;
  }
}

const nano = 1_000_000_000n;

function asInteger({ quantity }: QuantityValue): bigint {
  const whole = quantity.nanos / nano;
  if (quantity.nanos % nano !== 0n || BigInt.asIntN(64, whole) !== whole)
    throw new EvaluationError("cannot convert value to integer");
  return whole;
}

function isInteger({ quantity }: QuantityValue): boolean {
  const whole = quantity.nanos / nano;
  return quantity.nanos % nano === 0n && BigInt.asIntN(64, whole) === whole;
}

const compared = (ask: (order: number) => boolean) =>
  overloads(["kubernetes.Quantity.(kubernetes.Quantity): bool"], (a: QuantityValue, b: QuantityValue) =>
    ask(a.quantity.compare(b.quantity)),
  );

function combined(run: (a: Quantity, b: Quantity) => Quantity) {
  return [
    ...overloads(
      ["kubernetes.Quantity.(kubernetes.Quantity): kubernetes.Quantity"],
      (a: QuantityValue, b: QuantityValue) => new QuantityValue(run(a.quantity, b.quantity)),
    ),
    ...overloads(
      ["kubernetes.Quantity.(int): kubernetes.Quantity"],
      (a: QuantityValue, b: bigint) => new QuantityValue(run(a.quantity, new Quantity(b * nano))),
    ),
  ];
}

const read = (type: string, run: (value: QuantityValue) => Value) =>
  overloads([`kubernetes.Quantity.(): ${type}`], run);

export const quantities: Library = [
  ["quantity", overloads(["(string): kubernetes.Quantity"], toQuantity, byAllSizes)],
  ["isQuantity", overloads(["(string): bool"], (text: string) => tryParse(text) !== undefined, byAllSizes)],
  ["sign", read("int", ({ quantity: { nanos } }) => (nanos > 0n ? 1n : nanos < 0n ? -1n : 0n))],
  ["isGreaterThan", compared((order) => order > 0)],
  ["isLessThan", compared((order) => order < 0)],
  [
    "compareTo",
    overloads(["kubernetes.Quantity.(kubernetes.Quantity): int"], (a: QuantityValue, b: QuantityValue) =>
      BigInt(a.quantity.compare(b.quantity)),
    ),
  ],
  ["asInteger", read("int", asInteger)],
  ["isInteger", read("bool", isInteger)],
  ["asApproximateFloat", read("double", ({ quantity }) => quantity.toNumber())],
  ["add", combined((a, b) => a.add(b))],
  ["sub", combined((a, b) => a.sub(b))],
];
