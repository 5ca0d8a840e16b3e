import { type Int64, parseQuantity, type Quantity, Quantity as QuantityOf } from "@drydock/apimachinery";

/** How much of each resource, by name. */
export type Amounts = ReadonlyMap<string, Quantity>;

export const none: Amounts = new Map();

/** Throws for text that is no quantity: for objects that validation has passed. */
export function parseAmounts(list: Readonly<Record<string, string>> | undefined): Amounts {
  return new Map(Object.entries(list ?? {}).map(([name, text]) => [name, parseQuantity(text)]));
}

/** As the API shows them, in order of their names. */
export function formatAmounts(amounts: Amounts): Record<string, string> {
  const names = [...amounts.keys()].sort();
  return Object.fromEntries(names.map((name) => [name, String(amounts.get(name))]));
}

export function units(count: Int64): Quantity {
  return new QuantityOf(BigInt(count) * 1_000_000_000n);
}

export function sumAmounts(all: Iterable<Amounts>): Amounts {
  const result = new Map<string, Quantity>();
  for (const amounts of all)
    for (const [name, value] of amounts) {
      const present = result.get(name);
      result.set(name, present ? present.add(value) : value);
    }
  return result;
}

/** Of each resource the larger amount. */
export function largerAmounts(a: Amounts, b: Amounts): Amounts {
  const result = new Map(a);
  for (const [name, value] of b) {
    const present = result.get(name);
    if (!present || present.compare(value) < 0) result.set(name, value);
  }
  return result;
}

/** What `after` has more than `before`; of no resource less than nothing. */
export function growth(before: Amounts, after: Amounts): Amounts {
  const result = new Map<string, Quantity>();
  for (const [name, value] of after) {
    const old = before.get(name);
    const more = old ? value.sub(old) : value;
    if (more.nanos > 0n) result.set(name, more);
  }
  return result;
}

export function onlyNamed(amounts: Amounts, names: ReadonlySet<string>): Amounts {
  return new Map([...amounts].filter(([name]) => names.has(name)));
}
